"""What really fired: workflows of every class of evidence, and steps whose history says otherwise than they are drawn."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from atlas_workflows.sample.dice import END, Dice
from atlas_workflows.sample.draft import Draft
from atlas_workflows.sample.executions import Execution
from atlas_workflows.sample.recipe import Recipe, action
from atlas_workflows.sample.spec import Shape, Variant
from atlas_workflows.sample.specimen import GREETING, CoverageClass, HistoryChange, Specimen, recipe

A = frozenset({Shape.A})
_SECOND = action("send_sms", "Remind", message="See you soon, {{firstName}}!")
_STEPS = (GREETING, _SECOND)


def _live(draft: Draft, _: Dice) -> None:
    draft.status = "active"


def _without_column(draft: Draft, dice: Dice) -> None:
    _live(draft, dice)
    draft.trigger_type, draft.trigger_config = None, {}


def _without_trigger_node(draft: Draft, dice: Dice) -> None:
    _live(draft, dice)
    head = draft.nodes[0]["id"]
    draft.nodes = draft.nodes[1:]
    draft.edges = [edge for edge in draft.edges if edge["source"] != head]


def _node_filter(draft: Draft, dice: Dice) -> None:
    _live(draft, dice)
    draft.trigger_config = {}
    draft.nodes[0]["data"]["config"]["source"] = "facebook"


def _disabled(draft: Draft, dice: Dice) -> None:
    _live(draft, dice)
    draft.nodes[1]["data"]["disabled"] = True


def _many_recipients(draft: Draft, dice: Dice) -> None:
    _live(draft, dice)
    draft.nodes[1]["data"]["config"]["to"] = ["desk@gym.example", "owner@gym.example"]


def _shadowing(draft: Draft, dice: Dice) -> None:
    _live(draft, dice)
    draft.variables = {"firstName": "", "email": "office@gym.example"}


def _lately(executions: list[Execution], _: Dice) -> list[tuple[str, str]]:
    """The last one started not long before the sample's end, so that the workflow is seen to fire still."""
    last = executions[-1]
    took = (last.completed_at or last.started_at) - last.started_at
    last.started_at = END - timedelta(hours=3)
    last.completed_at = last.started_at + took
    return []


def _last_step(status: str, error: str | None) -> HistoryChange:
    """Every execution ends with its second message skipped or failed."""

    def change(executions: list[Execution], dice: Dice) -> list[tuple[str, str]]:
        _lately(executions, dice)
        for execution in executions:
            execution.reached, execution.error = 3, error
            execution.step_statuses = ("completed", "completed", status)
        return []

    return change


def _failed_at_once(executions: list[Execution], _: Dice) -> list[tuple[str, str]]:
    for execution in executions:
        execution.status, execution.error, execution.reached = (
            "failed",
            "No trigger node found in workflow",
            0,
        )
    return []


Change = Callable[[Draft, Dice], None]


def _plain(title: str, trigger: str = "lead_created", **config: Any) -> Recipe:
    return recipe(f"Evidence: {title}", _STEPS, trigger, trigger_config=config)


_RUNS = "EXISTS (SELECT FROM public.workflow_executions AS e WHERE e.workflow_id = workflows.id)"
_LIVE = "status = 'active' AND trigger_type = '{}' AND "
# code -> (recipe, change, never ran, change of the history, condition)
_KINDS: dict[str, tuple[Recipe, Change, bool, HistoryChange | None, str]] = {
    "fired:fires": (_plain("fires"), _live, False, _lately, _LIVE.format("lead_created") + _RUNS),
    "fired:silent": (_plain("silent", source="all"), _live, True, None, _LIVE.format("lead_created") + f"NOT {_RUNS}"),
    "fired:unknown": (_plain("unknown", "form_submitted"), _live, True, None, _LIVE.format("form_submitted") + f"NOT {_RUNS}"),
    "fired:column_null": (_plain("column is empty"), _without_column, False, None, f"trigger_type IS NULL AND {_RUNS}"),
    "fired:no_trigger_node": (
        _plain("no trigger node"), _without_trigger_node, False, _failed_at_once,
        "NOT jsonb_path_exists(nodes, '$[*] ? (@.type == \"trigger\")')",
    ),
    "fired:node_filter": (
        _plain("filter in the node"), _node_filter, False, _lately,
        "trigger_config = '{}' AND jsonb_path_exists(nodes, '$[*].data.config ? (@.source == \"facebook\")')",
    ),
    "fired:disabled_ran": (
        _plain("disabled step"), _disabled, False, _lately, "jsonb_path_exists(nodes, '$[*].data ? (@.disabled == true)')",
    ),
    "fired:step_skipped": (_plain("step skipped"), _live, False, _last_step("skipped", None), _RUNS),
    "fired:step_failed": (_plain("step failed"), _live, False, _last_step("failed", "Twilio 21608: unverified"), _RUNS),
    "fired:many_recipients": (
        _plain("many recipients"), _many_recipients, False, _lately,
        "jsonb_path_exists(nodes, '$[*].data.config ? (@.to.size() == 2)')",
    ),
    "fired:variables_shadow": (
        _plain("variables like fields"), _shadowing, False, _lately, "variables ->> 'email' = 'office@gym.example'",
    ),
}  # fmt: skip
SPECIMENS = tuple(
    Specimen(
        (code,), plan, change, A, history=history, never_ran=never_ran, excluded=frozenset({Variant.SCORING})
    )
    for code, (plan, change, never_ran, history, _) in _KINDS.items()
)
CLASSES = tuple(
    CoverageClass(code, where=where, shapes=A, excluded=frozenset({Variant.SCORING}))
    for code, (*_, where) in _KINDS.items()
)
