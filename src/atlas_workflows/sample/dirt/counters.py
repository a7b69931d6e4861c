"""Section 9.11: counters that cannot be true, as columns (A) or as the statistics document (B)."""

from atlas_workflows import exact_json
from atlas_workflows.sample.dice import Dice
from atlas_workflows.sample.draft import Draft
from atlas_workflows.sample.specimen import Change, CoverageClass, Specimen, recipe

# code -> (total, successful, failed; None is NULL), condition over a, b, c
_COUNTERS: dict[str, tuple[tuple[int | None, int | None, int | None], str]] = {
    "9.11:sum_differs": ((40, 20, 3), "{total} <> {good} + {bad}"),
    "9.11:failed_over_total": ((3, 1, 57), "{bad} > {total}"),
    "9.11:doubled": ((9_000, 8_000, 1_000), "{total} = 9000"),
    "9.11:null": ((None, None, None), "{total} IS NULL AND {good} IS NULL"),
}
_NAMES_A = ("total_executions", "successful_executions", "failed_executions")
_NAMES_B = ("totalExecutions", "successfulExecutions", "failedExecutions")


def _counters(values: tuple[int | None, ...]) -> Change:
    def change(draft: Draft, _: Dice) -> None:
        texts = (None if value is None else str(value) for value in values)
        draft.columns |= dict(zip(_NAMES_A, texts, strict=True))
        draft.columns["stats"] = exact_json.dumps_text(dict(zip(_NAMES_B, values, strict=True)))

    return change


def _where_a(where: str) -> str:
    total, good, bad = _NAMES_A
    return where.format(total=total, good=good, bad=bad)


def _where_b(where: str) -> str:
    total, good, bad = (f"(stats ->> '{name}')::int" for name in _NAMES_B)
    return where.format(total=total, good=good, bad=bad)


SPECIMENS = tuple(
    Specimen((code,), recipe(f"Counters: {code[5:].replace('_', ' ')}"), _counters(values))
    for code, (values, _) in _COUNTERS.items()
)
CLASSES = tuple(
    CoverageClass(code, where=_where_a(where), where_b=_where_b(where))
    for code, (_, where) in _COUNTERS.items()
)
