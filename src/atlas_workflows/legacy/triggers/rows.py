"""Trigger slots to triggers of the workflow format, and to what stands beside each in atlas.workflow_triggers."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from atlas_workflows.graph.model import Trigger
from atlas_workflows.legacy.actions.drawer import Drawer
from atlas_workflows.legacy.aliases import trigger_type
from atlas_workflows.legacy.evidence.verdicts import OFF_UNREAD, EvidenceClass, Judged, fired_though_off
from atlas_workflows.legacy.findings import Findings
from atlas_workflows.legacy.ids import derived_id
from atlas_workflows.legacy.reasons import ReasonCode
from atlas_workflows.legacy.records import LegacyWorkflow, Row, TriggerLink
from atlas_workflows.legacy.source.documents import decode
from atlas_workflows.legacy.source.references import MARK
from atlas_workflows.legacy.timing.schedules import ZONE_KEYS
from atlas_workflows.legacy.timing.verdicts import Verdict
from atlas_workflows.legacy.timing.zones import column_zone
from atlas_workflows.legacy.triggers.doors import Barrier
from atlas_workflows.legacy.triggers.fields import SCHEDULE_KEYS, trigger_parameters
from atlas_workflows.legacy.triggers.identity import Slot, row_uuid

UNKNOWN = "unknown"


def translate_slot(
    slot: Slot, key: str, judged: Judged | None, findings: Findings, timezone: str | None
) -> Trigger:
    """One trigger, with what is known about it as its notes; unknown types keep everything and are switched off."""
    known = trigger_type(slot.type) if slot.type else ("manual", {})
    name = slot.node.label if slot.node else (slot.webhook or {}).get("name") or ""
    position = slot.node.position if slot.node else None
    if known is None:
        findings.reason(
            ReasonCode.UNKNOWN_TRIGGER_TYPE, slot.path, f"The trigger type {slot.type[:80]!r} is not known."
        )
        findings.keep_inactive()
        original = {**slot.config, **slot.spare}
        return Trigger(
            key,
            UNKNOWN,
            {"legacy_type": slot.type, "original": original},
            name=name,
            enabled=False,
            position=position,
        )
    type_, implied = known
    drawer = Drawer(settings_of(slot, findings), slot.path, findings)
    parameters = trigger_parameters(type_, dict(implied), drawer, timezone)
    repeats = (name, slot.type, slot.node.action if slot.node else "", slot.node.subtype if slot.node else "")
    drawer.close(parameters, slot.spare, repeats)
    if judged is not None and judged.evidence is EvidenceClass.FIRES:
        _withdraw_never_fired(slot, findings)
    elif slot.barrier is Barrier.SCORING_NEVER_FIRED:
        # Nothing ever called these: the scoring route was out of the served tree, hot and cold were refused before
        # they were reached. Schedules, which never fired either, are noted where they are read.
        _note_never_fired(slot, type_, findings)
    notes = "" if judged is None else judged.note
    if fired_though_off(slot, judged):
        notes = f"{notes} {OFF_UNREAD}"
    return Trigger(
        key, type_, parameters, name=name, enabled=not slot.is_switched_off, position=position, notes=notes
    )


def settings_of(slot: Slot, findings: Findings, *, is_as_stored: bool = False) -> dict[str, Any]:
    """What a slot is configured with, its registered rows included; `is_as_stored`: a column's default counts as a zone."""
    settings = dict(slot.config)
    if slot.schedule is not None:
        config = decode(slot.schedule, "schedule_config", findings)
        registered = config if isinstance(config, dict) else {} if config is None else {"schedule": config}
        settings = {**_beside_row(slot, settings, registered, findings), **registered}
        settings.setdefault("scheduleType", slot.schedule.get("schedule_type"))
        if not any(settings.get(key) for key in ZONE_KEYS):
            zone = slot.schedule.get("timezone")
            settings |= {"timezone": zone} if is_as_stored else _chosen_zone(zone, slot.path, findings)
    if slot.webhook is not None:
        for target, column, aliases in (
            ("endpoint_id", "endpoint_id", ("endpointId", "webhook_id", "webhookId", "endpoint")),
            ("secret", "secret", ("webhook_secret", "webhookSecret")),
        ):
            told: Any = slot.webhook.get(column)
            if told:
                for alias in aliases:
                    if settings.get(alias) == told:
                        del settings[alias]
                if settings.get(target) not in (None, "", told):
                    slot.spare[f"trigger_config.{target}"] = settings[target]
                settings[target] = webhook_secret(slot.webhook, findings) if column == "secret" else told
    return settings


def _chosen_zone(stored: str | None, path: str, findings: Findings) -> dict[str, str]:
    """The zone of the registered row's column, where somebody chose it."""
    verdict = Verdict(path)
    zone = column_zone(stored, verdict, "timezone")
    findings.merge(tuple(verdict.reasons), ())
    return {} if zone is None else {"timezone": zone}


def _beside_row(
    slot: Slot, settings: dict[str, Any], registered: dict[str, Any], findings: Findings
) -> dict[str, Any]:
    """The settings without a schedule that differs from the registered one: two schedules are never mixed."""
    unzoned = SCHEDULE_KEYS - ({"timezone", "tz"} - registered.keys())
    differing = {
        key: value
        for key, value in settings.items()
        if key in unzoned and registered and value not in (None, "", registered.get(key))
    }
    if not differing:
        return settings
    findings.reason(
        ReasonCode.SCHEDULE_ROW_DISAGREES, slot.path,
        f"The registered schedule is used, not {', '.join(sorted(differing))[:200]} of the workflow.",
    )  # fmt: skip
    slot.spare.update((f"{slot.path.partition('[')[0]}.{key}", value) for key, value in differing.items())
    return {key: value for key, value in settings.items() if key not in differing}


def _withdraw_never_fired(slot: Slot, findings: Findings) -> None:
    """The row says when it fired, so it did."""
    findings.changes = [
        change
        for change in findings.changes
        if change.code is not ReasonCode.NEVER_FIRED_IN_LEGACY
        or not (change.field or "").startswith(slot.path)
    ]


def webhook_secret(row: Row, findings: Findings) -> dict[str, str]:
    """The reference under which the row of webhook_triggers itself seals its secret."""
    own = str(derived_id("webhook_triggers", row.get("id") or "", "secret:secret"))
    findings.lent.add(own)
    return {MARK: own}


def _note_never_fired(slot: Slot, type_: str, findings: Findings) -> None:
    findings.change(
        ReasonCode.NEVER_FIRED_IN_LEGACY, slot.path,
        f"Nothing in the old application ever fired {type_}; once signed, it will.", before="never", after="fires",
    )  # fmt: skip


def with_ids_of_their_own(links: list[TriggerLink], record: LegacyWorkflow) -> list[TriggerLink]:
    """The links, a later one of the same id with one made from the workflow's: tables may share ids among them."""
    taken: set[UUID] = set()
    told = []
    for link in links:
        if link.row_id in taken:
            own = derived_id(record.table, record.id, f"trigger:{link.trigger_key}")
            link = replace(link, row_id=own)
        taken.add(link.row_id)
        told.append(link)
    return told


def link_of(slot: Slot, key: str, record: LegacyWorkflow, parameters: Any) -> TriggerLink:
    """Where the trigger comes from; a legacy row keeps its id, others get one made from the workflow's."""
    rows = [
        (table, row)
        for table, row in (
            ("workflow_triggers", slot.row),
            ("schedule_triggers", slot.schedule),
            ("webhook_triggers", slot.webhook),
        )
        if row is not None
    ]
    table, row = rows[0] if rows else (record.table, record.columns)
    own = row_uuid(row) if row is not record.columns else None
    fired = [value for _, source in rows if (value := _fired(source))]
    endpoint = parameters.get("endpoint_id")
    return TriggerLink(
        trigger_key=key,
        source_table=table,
        source_id=(row.get("id") or record.id) if row is not record.columns else record.id,
        row_id=own or derived_id(record.table, record.id, f"trigger:{key}"),
        schedule=parameters.get("schedule"),
        webhook_endpoint=endpoint if isinstance(endpoint, str) else None,
        last_triggered_at=fired[0] if fired else None,
        created_at=row.get("created_at"),
    )


def _fired(row: Any) -> str | None:
    found: str | None = row.get("last_triggered_at") or row.get("last_run_at")
    return found
