"""Fills the report's page: counts and short tables as they are, rows packed, for the page's script to show in parts."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from atlas_workflows.legacy.reasons import ReasonCode
from atlas_workflows.migration.evidence.shown import sentence_of
from atlas_workflows.migration.report.collect import COUNTED, OUTCOMES, ReportData
from atlas_workflows.migration.report.packed import PART_ROWS, Packed, PackedInParts
from atlas_workflows.migration.report.words import in_words, lines_of
from atlas_workflows.rollout.ownership import Cause
from atlas_workflows.settings import load_settings

if TYPE_CHECKING:
    import jinja2

EVIDENCE_CLASSES = (
    ("fires", "The history shows that it started the workflow."),
    ("silent", "It could, the workflow was active and events came in, but nothing happened."),
    ("cannot_fire", "Nothing in the old application could start the workflow by it."),
    ("unknown", "There are neither executions nor events to tell."),
)
OWNERS = {
    "legacy_app": "The old application.",
    "atlas_legacy": "Our engine, by the old format.",
    "atlas_enhanced": "Our engine, by the new format.",
}
# Executions come in millions; workflows do not, and all of them are in the page.
MOST_OTHERS = 20_000
MOST_EXAMPLES = 3


@dataclass(slots=True)
class Shown:
    """What the page shows of the rows that stream past; `organizations` are names by id."""

    organizations: Mapping[str, str] = field(default_factory=dict)
    rows: Packed = field(default_factory=Packed)
    details: PackedInParts = field(default_factory=PackedInParts)
    shadowed: Packed = field(default_factory=Packed)
    schedules: Packed = field(default_factory=Packed)
    change_codes: Counter[str] = field(default_factory=Counter)
    reason_codes: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)
    owners: Counter[str] = field(default_factory=Counter)
    standing: int = 0
    changed: int = 0
    triggers: int = 0
    others: int = 0

    def workflow(self, row: Mapping[str, Any]) -> None:
        self._count(row)
        if row["changes"]:
            self.changed += 1
            self.change_codes.update({change["code"] for change in row["changes"]})
        if row["owner"]:
            self.owners[row["owner"]] += 1
        self.triggers += len(row["evidence"])
        self._add(row)

    def other(self, row: Mapping[str, Any]) -> None:
        self._count(row)
        self.others += 1
        if self.others <= MOST_OTHERS:
            self._add(row)

    def shadow(self, row: Mapping[str, Any]) -> None:
        """A workflow that was compared; those where something differs are shown, unexplained ones come first."""
        if row["differences"]:
            self.shadowed.add(row)

    def schedule(self, row: Mapping[str, Any]) -> None:
        """A schedule; those that begin to fire come first."""
        self.schedules.add(row)

    def _add(self, row: Mapping[str, Any]) -> None:
        self.rows.add(_head(row))
        self.details.add(_details(row))

    def _count(self, row: Mapping[str, Any]) -> None:
        self.reason_codes.update(reason["code"] for reason in row["reasons"])
        for reason in row["reasons"]:
            examples = self.examples.setdefault(reason["code"], [])
            if len(examples) < MOST_EXAMPLES:
                examples.append(f"{row['table']} {row['id']}")


def page(head: Mapping[str, Any], data: ReportData, shown: Shown) -> str:
    """The page as one self-contained HTML text."""
    steps = {step["kind"]: step for step in head["steps"]}
    return template("report.html.j2").render(
        head=head,
        steps=steps,
        outcomes=COUNTED,
        every_outcome=OUTCOMES,
        workflows=sum(data.counts.values()),
        standing=shown.standing,
        shown=shown,
        most_others=MOST_OTHERS,
        part_rows=PART_ROWS,
        documentation={str(code): code.documentation for code in ReasonCode},
        evidence_classes=EVIDENCE_CLASSES,
        owner_words=OWNERS,
        ownership=_ownership(head),
        failed_rules=sum(1 for rule in head["validation"] if rule["status"] != "passed"),
        swept_only=dict(steps.get("expand", {}).get("summary", {}).get("swept_only") or {}),
    )


def template(name: str) -> "jinja2.Template":
    """One of include/report/."""
    return _environment().get_template(name)


def _head(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """What is searched, filtered and listed of a row, without what is empty."""
    told = {
        "codes": list(dict.fromkeys(item["code"] for item in (*row["reasons"], *row["changes"]))),
        "changes": len(row["changes"]),
        "classes": [item["evidence"] for item in row.get("evidence", ())],
    }
    names = ("table", "id", "organization_id", "outcome", "name", "owner")
    return {name: value for name, value in ({name: row.get(name) for name in names} | told).items() if value}


def _details(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """What is shown of a row that somebody opens: changes and triggers in words, and the reasons."""
    changes = [
        {**change, "before": in_words(change["before"]), "after": in_words(change["after"])}
        for change in row["changes"]
    ]
    triggers = [sentence_of(item) for item in row.get("evidence", ())]
    told = {"reasons": row["reasons"], "changes": changes, "triggers": triggers}
    return {name: value for name, value in told.items() if value}


def _ownership(head: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Who executes what and why, as the last step that speaks of it has it."""
    told = [step["summary"]["owners"] for step in head["steps"] if step["summary"].get("owners")]
    return [
        {"owner": owner, "why": _why(cause), "workflows": number}
        for owner, causes in (told[-1] if told else {}).items()
        for cause, number in causes.items()
    ]


def _why(cause: str) -> str:
    return Cause(cause).sentence if cause in set(Cause) else cause


@cache
def _environment() -> "jinja2.Environment":
    import jinja2

    environment = jinja2.Environment(
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=jinja2.FileSystemLoader(load_settings().root / "include" / "report"),
    )
    environment.filters["value"] = in_words
    environment.filters["moment"] = _moment
    environment.filters["found"] = lambda summary: list(lines_of(summary))
    environment.filters["count"] = lambda number: f"{number:,}".replace(",", " ")
    return environment


def _moment(text: str | None) -> str:
    """An ISO instant in UTC to the second, as people read it."""
    if not text:
        return "–"
    return datetime.fromisoformat(text).astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
