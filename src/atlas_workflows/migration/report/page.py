"""Fills the report's page; only counts and a bounded number of rows are kept for it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from atlas_workflows.exact_json import dumps_text
from atlas_workflows.legacy.reasons import ReasonCode
from atlas_workflows.migration.evidence.shown import sentence_of
from atlas_workflows.migration.report.collect import COUNTED, ReportData

if TYPE_CHECKING:
    import jinja2

EVIDENCE_CLASSES = (
    ("fires", "The history shows that it started the workflow."),
    ("silent", "It could, the workflow was active and events came in, but nothing happened."),
    ("cannot_fire", "Nothing in the old application could start the workflow by it."),
    ("unknown", "There are neither executions nor events to tell."),
)
MOST_ROWS = 500
MOST_EXAMPLES = 3


@dataclass(slots=True)
class Shown:
    """What the page shows of the rows that stream past."""

    changed: list[Mapping[str, Any]] = field(default_factory=list)
    quarantined: list[Mapping[str, Any]] = field(default_factory=list)
    change_codes: Counter[str] = field(default_factory=Counter)
    reason_codes: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)
    shadowed: list[Mapping[str, Any]] = field(default_factory=list)
    schedules: list[Mapping[str, Any]] = field(default_factory=list)
    changed_total: int = 0
    quarantined_total: int = 0
    shadowed_total: int = 0

    def workflow(self, row: Mapping[str, Any]) -> None:
        self._count(row)
        if row["changes"]:
            self.changed_total += 1
            self.change_codes.update({change["code"] for change in row["changes"]})
            if len(self.changed) < MOST_ROWS:
                self.changed.append(row)

    def other(self, row: Mapping[str, Any]) -> None:
        self._count(row)

    def shadow(self, row: Mapping[str, Any]) -> None:
        """A workflow that was compared; those where something differs are shown, unexplained ones come first."""
        if row["differences"]:
            self.shadowed_total += 1
            if len(self.shadowed) < MOST_ROWS:
                self.shadowed.append(row)

    def schedule(self, row: Mapping[str, Any]) -> None:
        """A schedule; those that begin to fire come first."""
        if len(self.schedules) < MOST_ROWS:
            self.schedules.append(row)

    def _count(self, row: Mapping[str, Any]) -> None:
        self.reason_codes.update(reason["code"] for reason in row["reasons"])
        for reason in row["reasons"]:
            examples = self.examples.setdefault(reason["code"], [])
            if len(examples) < MOST_EXAMPLES:
                examples.append(f"{row['table']} {row['id']}")
        if row["outcome"] == "quarantined":
            self.quarantined_total += 1
            if len(self.quarantined) < MOST_ROWS:
                self.quarantined.append(row)


def page(head: Mapping[str, Any], data: ReportData, shown: Shown) -> str:
    """The page as one self-contained HTML text."""
    return _template().render(
        head=head,
        outcomes=COUNTED,
        workflows=sum(data.counts.values()),
        shown=shown,
        documentation={str(code): code.documentation for code in ReasonCode},
        evidence_classes=EVIDENCE_CLASSES,
        failed_checks=[item for item in head["validation"] if item["status"] != "passed"],
        swept_only=_swept_only(head),
    )


def _swept_only(head: Mapping[str, Any]) -> Mapping[str, Any]:
    expand = next((step for step in head["steps"] if step["kind"] == "expand"), None)
    return dict((expand or {}).get("summary", {}).get("swept_only") or {})


@cache
def _template() -> "jinja2.Template":
    import jinja2

    environment = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters["value"] = _value
    environment.filters["moment"] = _moment
    environment.filters["local"] = _local
    environment.filters["evidence"] = sentence_of
    environment.filters["count"] = lambda number: f"{number:,}".replace(",", " ")
    text = resources.files("atlas_workflows.migration.report").joinpath("report.html.j2").read_text("utf-8")
    return environment.from_string(text)


def _moment(text: str | None) -> str:
    """An ISO instant in UTC to the second, as people read it."""
    if not text:
        return "–"
    return datetime.fromisoformat(text).astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _local(text: str) -> str:
    """An ISO instant on the clock of its own zone."""
    return datetime.fromisoformat(text).strftime("%a %Y-%m-%d %H:%M %z")


def _value(value: Any) -> str:
    text = value if isinstance(value, str) else dumps_text(value)
    return text if len(text) <= 200 else text[:200] + "…"
