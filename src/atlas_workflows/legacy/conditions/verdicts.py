"""What a condition's translation finds out: reasons, and a value for which an old engine answered otherwise."""

from dataclasses import dataclass, field

from atlas_workflows.expressions.operators import NEGATIONS, Operator
from atlas_workflows.expressions.paths import MISSING
from atlas_workflows.expressions.values import number
from atlas_workflows.legacy.conditions.engines import MIDDLE, Example, LegacyProfile, Question, difference
from atlas_workflows.legacy.reasons import Reason, ReasonCode, SemanticChange

_EXACT_IN_FLOAT = 2**53
_COMPARED_CHARACTERS = 1_000


@dataclass(slots=True)
class ConditionFindings:
    """Gathered while one condition is translated. `engines` are those that may have run it."""

    engines: tuple[LegacyProfile, ...]
    root: str
    variables: frozenset[str]
    leaves: int = 0
    reasons: list[Reason] = field(default_factory=list)
    changes: list[SemanticChange] = field(default_factory=list)

    @property
    def carrier(self) -> LegacyProfile:
        """The engine whose answers are kept."""
        return self.engines[0] if len(self.engines) == 1 else MIDDLE

    def reason(self, code: ReasonCode, path: str, message: str) -> None:
        self.reasons.append(Reason(code, path or None, message))

    def change(self, code: ReasonCode, path: str, before: object, after: object, message: str) -> None:
        self.changes.append(SemanticChange(code, path or None, before, after, message))


def beneath(path: str, name: str) -> str:
    """The path of a member."""
    return f"{path}.{name}" if path else name


def compare_engines(question: Question, path: str, findings: ConditionFindings) -> None:
    """Note the first field value for which our answer is not the one the old engine gave."""
    if isinstance(question.value, str) and len(question.value) > _COMPARED_CHARACTERS:
        return
    found = difference(question, findings.carrier, findings.engines)
    if found is not None:
        profile, example = found
        findings.changes.append(_change(question, example, profile, len(findings.engines) == 1, path))


def compare_missing(question: Question, path: str, findings: ConditionFindings) -> None:
    """Note that two fields which are both missing were equal, to every old engine; ours are equal to nothing."""
    before = question.operator not in NEGATIONS
    if NEGATIONS.get(question.operator, question.operator) not in (Operator.EQUALS, Operator.STRICT_EQUALS):
        return
    shown = {"field_value": "(no such field)", "value": "(no such field)"}
    findings.change(
        ReasonCode.EQUALITY_CHANGED,
        path,
        {**shown, "answer": before, "engine": findings.carrier.name},
        {**shown, "answer": not before},
        f"Where both sides are missing, {question.operator.value} was answered with {str(before).lower()};"
        f" it is now {str(not before).lower()}.",
    )


def _change(
    question: Question, example: Example, profile: LegacyProfile, known: bool, path: str
) -> SemanticChange:
    shown = "(no such field)" if example.value is MISSING else example.value
    return SemanticChange(
        _code(question, known, profile),
        path or None,
        {"field_value": shown, "answer": example.before, "engine": profile.name},
        {"field_value": shown, "answer": example.after},
        f"Where the field holds {str(shown)[:80]!r}, {question.operator.value} was answered with"
        f" {str(example.before).lower()} by {profile.documentation}; it is now {str(example.after).lower()}.",
    )


def _code(question: Question, known: bool, profile: LegacyProfile) -> ReasonCode:
    value = question.value
    if profile.slash_is_date and isinstance(value, str) and "/" in value:
        return ReasonCode.SLASH_WAS_DATE
    exact = None if isinstance(value, str) else number(value)
    if exact is not None and not -_EXACT_IN_FLOAT <= exact <= _EXACT_IN_FLOAT:
        return ReasonCode.BIG_NUMBER_WAS_ROUNDED
    return ReasonCode.EQUALITY_CHANGED if known else ReasonCode.ENGINES_DISAGREE
