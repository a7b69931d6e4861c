"""The groups in which Airflow shows a phase's steps: a handful of boxes instead of one long line. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

ABOUT = {
    "prepare": "Look, back up, rehearse, lay the ground. Nothing of the old application changes.",
    "move": "What is moved or taken over.",
    "prove": "Rules on one side, comparisons of both.",
    "decide": "What is decided, and who says yes.",
}
STAGE_OF = {
    "preflight": "prepare", "backup": "prepare", "rehearse": "prepare", "expand": "prepare", "evidence": "prepare",
    "inspect": "prepare", "backfill": "move", "cutover": "move", "watch": "move", "scheduling": "move",
    "validate": "prove", "reconcile": "prove", "shadow": "prove", "decide": "decide", "plan_scheduling": "decide",
    "approve": "decide", "finish": "decide",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stage:
    """Steps that follow each other and are shown as one box."""

    name: str
    steps: tuple[str, ...]

    @property
    def id(self) -> str:
        """A group may not be called like a task, and `decide` is a step as well."""
        return f"stage_{self.name}"

    @property
    def about(self) -> str:
        return ABOUT[self.name]


def stages_of(steps: Sequence[str]) -> tuple[Stage, ...]:
    """The steps in their order, in groups; one whose group has ended already stays in the group before it."""
    groups: dict[str, list[str]] = {}
    current = next(iter(ABOUT))
    for step in steps:
        wanted = STAGE_OF.get(step, current)
        if wanted not in groups:
            current = wanted
        groups.setdefault(current, []).append(step)
    return tuple(Stage(name, tuple(members)) for name, members in groups.items())
