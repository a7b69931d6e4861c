"""How each old engine executed: which of them may have run a workflow, and what it did with branches, loops and edges."""

from dataclasses import dataclass

from atlas_workflows.legacy.conditions.engines import PROFILES, LegacyProfile

# Three engines cut every wait at five minutes, and nobody wrote down which; phase 1 takes it of all, and so do we.
CAP_SECONDS = 300.0
# Steps of one plan; the engine that followed cycles without end is taken to have overflowed its stack there.
MAX_STEPS = 2_000
WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True)
class OldEngine:
    """One old engine. `comparison` says how it compared and filled in texts.

    `both_branches`: it stored a condition's answer and followed both outcomes all the same. `repeats`: it knew no
    visited nodes, so it went through what follows a loop at every turn and around cycles without end.
    `edge_conditions`: it read conditions on edges. `stubs`: kinds of messages it reported as sent without sending.
    """

    comparison: LegacyProfile
    both_branches: bool = False
    repeats: bool = False
    edge_conditions: bool = False
    stubs: frozenset[str] = frozenset()
    name: str = ""

    @property
    def called(self) -> str:
        """Its name in reports."""
        return self.name or self.comparison.name


LABEL = OldEngine(PROFILES["label"], both_branches=True)
QUEUE = OldEngine(PROFILES["queue"], edge_conditions=True)
STRICT = OldEngine(PROFILES["strict"])
FORMULA = OldEngine(PROFILES["formula"], repeats=True)
SERVICE = OldEngine(PROFILES["service"])
SCORING = OldEngine(PROFILES["service"], stubs=frozenset({"send_email", "send_sms"}), name="scoring")
BY_NAME = {engine.called: engine for engine in (LABEL, QUEUE, STRICT, FORMULA, SERVICE, SCORING)}


def plausible_engines(shape: str, *, is_linear: bool, column: str | None) -> tuple[OldEngine, ...]:
    """The engines that may have executed a workflow, the likeliest first; `column` is its trigger_type.

    Deliveries of webhooks went to the label engine. Leads and forms went to the queue, which handed jobs to whichever
    executor was configured; what people started went to any. Nobody recorded which.
    """
    if shape == "S":
        return (SCORING,)
    if is_linear:
        return (SERVICE,)
    return (LABEL,) if column == WEBHOOK else (STRICT, QUEUE, FORMULA)


def engine_of(node_is_flat: bool, chosen: OldEngine) -> OldEngine:
    """Nodes of the first generation were understood by the label engine only, whatever runs the others."""
    return LABEL if node_is_flat else chosen
