"""What a person asks of a phase, declared once: the command line, Airflow's form and the record all come from here.

Safe to import while a DAG is parsed. What is not declared here is refused by name, wherever it comes from.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from difflib import get_close_matches
from functools import cache
from typing import Annotated, Any, Literal, Self, TypeVar
from uuid import UUID

from pydantic import BeforeValidator, Field, TypeAdapter, ValidationError, WithJsonSchema
from pydantic.dataclasses import dataclass

from atlas_workflows.errors import InputError
from atlas_workflows.migration.cutover_options import GUARDRAIL_FIELDS, STRICT, CutoverOptions

Built = TypeVar("Built")
# Which items there are, reading checks: the checklist is too heavy for parsing.
WAIVER = r"^\s*[a-z_]+\s*=.*\S"
ORGANIZATIONS = {"type": ["null", "array"], "items": {"type": "string", "format": "uuid"}}
WAIVERS = {"type": ["null", "array"], "items": {"type": "string", "pattern": WAIVER}}


def is_uuid(text: str) -> bool:
    """Whether a text is the id of something, however it is spelled."""
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _listed(given: Any) -> tuple[Any, ...]:
    """A list as a form or a command line gives it. Raises ValueError for what is none: a text would be read letter by letter."""
    if given is None:
        return ()
    if isinstance(given, str | Mapping) or not isinstance(given, Iterable):
        raise ValueError("Input should be a list")
    return tuple(given)


@dataclass(frozen=True, slots=True, config=STRICT)
class Scope:
    """Which organizations a run is about. Both empty: everything, rows without an organization included."""

    organizations: Annotated[
        tuple[str, ...],
        BeforeValidator(_listed),
        WithJsonSchema(ORGANIZATIONS),
        Field(
            title="Organizations",
            description="Only these ids; without any, all of them (or the percentage).",
        ),
    ] = ()
    percent: Annotated[
        int | None,
        Field(
            ge=0,
            le=100,
            title="Percentage",
            description="Only this stable share of the organizations, instead of naming them.",
        ),
    ] = None

    @staticmethod
    def chosen(organizations: Iterable[str] | None, percent: int | None) -> "Scope":
        """The scope a person named. Raises InputError where some organizations and a percentage are both given."""
        named = tuple(sorted({name for item in organizations or () if (name := item.strip().lower())}))
        if named and percent is not None:
            raise InputError(
                "Organizations and a percentage are both given.",
                remedy="Give one of the two, or neither.",
            )
        return Scope(named, percent)

    @property
    def is_everything(self) -> bool:
        return not self.organizations and self.percent is None

    def to_json(self) -> dict[str, Any]:
        return {"organizations": list(self.organizations), "percent": self.percent}

    @staticmethod
    def from_json(document: Mapping[str, Any]) -> "Scope":
        """As recorded by `to_json`; raises InputError for what it does not know."""
        return _built(Scope, document)


@dataclass(frozen=True, slots=True, config=STRICT)
class RunOptions(CutoverOptions):
    """How a run goes about it. Sizes in rows and bytes, times in seconds.

    `waivers` maps an item of the checklist to the reason why its failure is accepted; `actor` is who accepts it.
    """

    dry_run: Annotated[bool, Field(title="Dry run", description="Translate everything, write nothing.")] = (
        False
    )
    batch_rows: Annotated[
        int, Field(ge=1, le=100_000, title="Rows per batch", description="Most rows of a batch.")
    ] = 5_000
    batch_bytes: Annotated[int, Field(ge=1)] = 16 * 1024 * 1024
    # Whoever comes waits for the batch in hand, and perhaps for the one begun before he was noticed: within a second in all.
    batch_seconds: Annotated[float, Field(gt=0)] = 0.3
    set_wise: bool = True
    workers: Annotated[
        int,
        Field(
            ge=1,
            le=32,
            title="Workers",
            description="How many backfill ranges, processes that inspect, and sessions that compare, side by side.",
        ),
    ] = 1
    throttle: Annotated[bool, Field(title="Throttle", description="Rest while live queries are slow.")] = True
    backup: Annotated[bool, Field(title="Back up", description="Make and verify a backup first.")] = True
    rehearse: Annotated[bool, Field(title="Rehearse", description="Rehearse on a restored copy first.")] = (
        True
    )
    require_approval: Annotated[
        bool, Field(title="Require approval", description="Wait for a person before finishing.")
    ] = False
    old_application_stopped_at: Annotated[
        str | None,
        Field(
            title="Old application stopped at",
            description="When it was stopped for good, as an ISO time with offset: what it left waiting goes on here. "
            "Without it, what it has begun ends there.",
            json_schema_extra={"format": "date-time"},
        ),
    ] = None
    assume_organization: Annotated[
        str | None,
        Field(
            title="Owner of rows that name no organization",
            description="An id; without it such rows are quarantined.",
            json_schema_extra={"format": "uuid"},
        ),
    ] = None
    report_dir: str | None = None
    actor: str = "operator"
    waivers: Annotated[
        Mapping[str, str],
        WithJsonSchema(WAIVERS),
        Field(
            title="Waivers",
            description="Failed items of the checklist to accept, as ITEM=REASON; noted with the name of who asks.",
        ),
    ] = Field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def from_json(document: Mapping[str, Any]) -> "RunOptions":
        """As recorded by `to_json`; raises InputError for what it does not know."""
        return _built(RunOptions, document)


# What is asked of a person; the rest of RunOptions is set by the program.
PHASE_FIELDS = (
    "organizations", "percent", "dry_run", "batch_rows", "workers", "throttle", "assume_organization", "backup",
    "rehearse", "require_approval", "watch_minutes", "not_ready",
    "old_application_stopped_at", "waivers",
)  # fmt: skip


@dataclass(frozen=True, slots=True, config=STRICT)
class PhaseRequest:
    """A phase for some organizations, done in a certain way."""

    scope: Scope = Field(default_factory=Scope)
    options: RunOptions = Field(default_factory=RunOptions)

    @classmethod
    def read(
        cls,
        document: Mapping[str, Any],
        *,
        actor: str,
        waivable: Collection[str] = (),
        report_dir: str | None = None,
    ) -> Self:
        """From a flat document of PHASE_FIELDS, as a form or a command line gives it; None and absent mean the default.

        `waivable` are the items of the checklist that a waiver may name. Raises InputError naming a field that does not
        exist, one whose value does not fit, and a waiver that cannot be.
        """
        refuse_unknown(document, PHASE_FIELDS)
        given = {name: value for name, value in document.items() if value is not None}
        scope = _scope_out_of(given)
        for organization in scope.organizations:
            _require_id("organizations", organization)
        given["waivers"] = _waivers(given.get("waivers"), waivable)
        if owner := str(given.pop("assume_organization", "")).strip().lower():
            _require_id("assume_organization", owner)
            given["assume_organization"] = owner
        given |= _stopped(given.get("old_application_stopped_at"))
        options = _built(RunOptions, {**given, "actor": actor, "report_dir": report_dir})
        return cls(scope, options)


def _stopped(given: Any) -> dict[str, str]:
    """The instant at which the old application was stopped. Raises InputError for what is none, or lies ahead."""
    if given is None:
        return {}
    try:
        at = datetime.fromisoformat(str(given).strip())
    except ValueError:
        at = None
    if at is None or at.tzinfo is None or at > datetime.now(UTC):
        raise InputError(
            f"{str(given)[:80]!r} is no instant at which the old application was stopped.",
            remedy="Write it with its offset, like 2026-03-02T09:00+00:00; it lies in the past.",
            field="old_application_stopped_at",
        )
    return {"old_application_stopped_at": at.isoformat()}


Parked = Literal["finish", "cancel"]
Reason = Annotated[
    str | None,
    Field(
        min_length=3, title="Reason", description="Why; noted in the audit log. Only a dry run needs none."
    ),
]
ROLLBACK_FIELDS = ("phase", "organizations", "percent", "dry_run", "parked", "reason")


@dataclass(frozen=True, slots=True, config=STRICT)
class RollbackRequest:
    """A phase to take back for some organizations; it only counts unless `dry_run` is turned off."""

    phase: Annotated[str, Field(title="Phase", description="Which phase is taken back.")]
    scope: Scope = Field(default_factory=Scope)
    dry_run: Annotated[
        bool,
        Field(title="Dry run", description="Count what would go. Turn it off to really roll back."),
    ] = True
    parked: Annotated[
        Parked,
        Field(
            title="Live executions",
            description="Of workflows that go back: finish here without new starts, or cancel.",
        ),
    ] = "finish"
    reason: Reason = None

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Self:
        """From a flat document of ROLLBACK_FIELDS. Raises InputError as PhaseRequest.read does, and without a reason."""
        refuse_unknown(document, ROLLBACK_FIELDS)
        given = {name: value for name, value in document.items() if value is not None}
        asked = _built(cls, {"scope": _scope_out_of(given), **given})
        _require_reason(asked.dry_run, asked.reason, "A rollback")
        return asked


ROLLOUT_FIELDS = (
    "percents", "allow", "deny", "not_ready", "watch_minutes", *GUARDRAIL_FIELDS, "dry_run", "reason",
)  # fmt: skip
PERCENTS = {"type": ["null", "array"], "items": {"type": "integer", "minimum": 1, "maximum": 100}}
Organizations = Annotated[
    tuple[str, ...],
    BeforeValidator(lambda given: tuple(sorted({item.strip().lower() for item in given or ()}))),
    WithJsonSchema(ORGANIZATIONS),
]


@dataclass(frozen=True, slots=True, config=STRICT)
class RolloutRequest(CutoverOptions):
    """To whom a phase goes next: shares of the organizations in growing stages, and organizations by name."""

    percents: Annotated[
        tuple[int, ...],
        BeforeValidator(_listed),
        WithJsonSchema(PERCENTS),
        Field(
            title="Percentages",
            description="The stages, such as 1, 10, 50, 100; none leaves the share as it is.",
        ),
    ] = ()
    allow: Annotated[
        Organizations, Field(title="Allow", description="Ids that are in, whatever the share.")
    ] = ()
    deny: Annotated[
        Organizations, Field(title="Deny", description="Ids that are not, whatever the share.")
    ] = ()
    dry_run: Annotated[
        bool, Field(title="Dry run", description="Say who would be next. Turn it off to really cut over.")
    ] = True
    reason: Reason = None

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Self:
        """From a flat document of ROLLOUT_FIELDS. Raises InputError as PhaseRequest.read does, and for stages that do not grow."""
        refuse_unknown(document, ROLLOUT_FIELDS)
        asked = _built(cls, {name: value for name, value in document.items() if value is not None})
        _require_reason(asked.dry_run, asked.reason, "A cutover")
        if list(asked.percents) != sorted(set(asked.percents)) or not all(
            0 < item <= 100 for item in asked.percents
        ):
            raise InputError(
                f"The percentages {', '.join(map(str, asked.percents))} are no growing stages from 1 to 100.",
                remedy="Write them as 1, 10, 50, 100.",
            )
        named = [item for item in (*asked.allow, *asked.deny) if not is_uuid(item)]
        if named:
            raise InputError(f"{named[0]!r} is no organization id.", remedy="Give its uuid.")
        both = sorted({*asked.allow} & {*asked.deny})
        if both:
            raise InputError(f"{', '.join(both)} is allowed and denied.", remedy="Name it in one of them.")
        return asked


def _require_reason(dry_run: bool, reason: str | None, what: str) -> None:
    if not dry_run and not (reason or "").strip():
        raise InputError(f"{what} for real needs a reason.", remedy="Say why in `reason`.")


def _scope_out_of(given: dict[str, Any]) -> Scope:
    """Takes what it reads out of `given`. A person who asks for nobody has mistyped something."""
    asked = _built(Scope, {name: given.pop(name) for name in ("organizations", "percent") if name in given})
    if asked.percent == 0:
        raise InputError(
            "percent is 0, which is nobody.",
            remedy="Give 1 to 100, or leave it out for everybody.",
            field="percent",
        )
    return Scope.chosen(asked.organizations, asked.percent)


def _require_id(name: str, given: str) -> None:
    if not is_uuid(given):
        raise InputError(
            f"{name}: {given[:80]!r} is no organization id.", remedy="Give its uuid.", field=name
        )


def _waivers(given: Any, waivable: Collection[str]) -> dict[str, str]:
    try:
        listed = [str(each) for each in _listed(given)]
    except ValueError as cause:
        raise InputError(
            "waivers is no list.", remedy="Give a list of ITEM=REASON.", field="waivers"
        ) from cause
    waivers = {}
    for text in filter(str.strip, listed):
        item, _, reason = (part.strip() for part in text.partition("="))
        if item not in waivable or not reason:
            raise InputError(
                f"The waiver {text.strip()!r} names no item that can be waived, or gives no reason.",
                remedy=f"Write ITEM=REASON; items that can be waived: {', '.join(sorted(waivable))}.",
                field="waivers",
            )
        waivers[item] = reason
    return waivers


def refuse_unknown(document: Mapping[str, Any], known: Iterable[str]) -> None:
    """Raise InputError for names that nobody asked for: a misspelt `dry_run` must never become a real run."""
    known = tuple(known)
    unknown = sorted(set(document) - set(known))
    if not unknown:
        return
    named = [f"{name!r}{_meant(name, known)}" for name in unknown]
    raise InputError(
        f"There is no setting called {', '.join(named)}.",
        remedy=f"Settings are: {', '.join(known)}.",
        unknown=unknown,
        field=unknown[0],
    )


@cache
def phase_fields() -> Mapping[str, Mapping[str, Any]]:
    """Each of PHASE_FIELDS with its JSON schema: type, bounds, default, title and description."""
    return _fields(PHASE_FIELDS, Scope, RunOptions)


@cache
def rollback_fields() -> Mapping[str, Mapping[str, Any]]:
    """Each of ROLLBACK_FIELDS, likewise."""
    return _fields(ROLLBACK_FIELDS, Scope, RollbackRequest)


@cache
def rollout_fields() -> Mapping[str, Mapping[str, Any]]:
    """Each of ROLLOUT_FIELDS, likewise."""
    return _fields(ROLLOUT_FIELDS, RolloutRequest)


def _fields(names: Iterable[str], *models: type) -> dict[str, dict[str, Any]]:
    found = {
        name: schema
        for model in models
        for name, schema in TypeAdapter(model).json_schema()["properties"].items()
    }
    asked = {name: _flat(found[name]) for name in names}
    if "percent" in asked:
        asked["percent"]["minimum"] = 1  # a scope may come out empty, but nobody asks for that
    return asked


def _flat(schema: dict[str, Any]) -> dict[str, Any]:
    """`anyOf` a type and null as a list of types, which forms understand."""
    branches = schema.pop("anyOf", None)
    if branches is None:
        return schema
    (kept,) = [item for item in branches if item.get("type") != "null"]
    return {**kept, **schema, "type": ["null", kept["type"]]}


def _built(model: type[Built], document: Mapping[str, Any]) -> Built:
    known = TypeAdapter(model).json_schema()["properties"]
    refuse_unknown(document, known)
    try:
        return model(**document)
    except ValidationError as cause:
        wrong = [f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in cause.errors()]
        raise InputError(
            f"A setting has a value that does not fit: {'; '.join(wrong)}.",
            remedy="Give it a value of that kind.",
            field=str(cause.errors()[0]["loc"][0]),
        ) from cause


def _meant(name: str, known: tuple[str, ...]) -> str:
    close = get_close_matches(name.lower(), known, n=1, cutoff=0.6)
    return f" (do you mean {close[0]!r}?)" if close else ""
