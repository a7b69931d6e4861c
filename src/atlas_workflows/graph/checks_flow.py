"""Checks of the graph as a whole: is there a start, is everything reached, does anything run in circles."""

from collections.abc import Iterable, Mapping
from typing import Any

from atlas_workflows.graph.catalogue import Effect, NodeKind, Role
from atlas_workflows.graph.limits import MAX_LOOPS
from atlas_workflows.graph.model import ErrorMode, Severity
from atlas_workflows.graph.plan import Plan, order
from atlas_workflows.graph.reading import ProblemList

_LONG_SEQUENCE = 3
_MOST_FORK_WORK = 500_000  # edges looked at when searching for branches that meet without a merge


def check_flow(plan: Plan, kinds: Mapping[str, NodeKind], findings: ProblemList, *, hints: bool) -> None:
    """Report what only shows when the whole graph is looked at."""
    loops = frozenset(step for step, kind in kinds.items() if kind.role is Role.LOOP)
    _check_triggers(plan, findings)
    reached = plan.reachable(plan.triggers)
    _check_reached(plan, kinds, reached, findings)
    if len(loops) > MAX_LOOPS:
        message = f"The workflow has {len(loops)} loop nodes; at most {MAX_LOOPS} are allowed."
        findings.add("TOO_MANY_LOOPS", message, "Split it into several workflows.")
        return
    in_order, left = order(plan, loops)
    _check_cycles(plan, left, loops, findings)
    for loop in sorted(loops):
        _check_body_is_separate(plan, loop, findings)
    if not left:
        _check_branches_meet(plan, kinds, loops, findings)
    _check_quorums(plan, kinds, findings)
    if hints:
        _hint_at_trigger_loops(plan, kinds, reached, findings)
        _hint_at_immediate_sends(plan, kinds, findings)
        _hint_at_long_sequences(plan, kinds, in_order, findings)
        _hint_at_error_handling(plan, kinds, findings)


def _check_triggers(plan: Plan, findings: ProblemList) -> None:
    triggers = plan.workflow.triggers
    if not triggers:
        message = "The workflow has no trigger, so nothing ever starts it."
        findings.add("NO_TRIGGER", message, "Add a trigger; `manual` if people start it by hand.")
    if len(triggers) > 1:
        message = f"The workflow has {len(triggers)} triggers; each of them starts an execution of its own."
        remedy = "Leave it if that is meant."
        findings.add("MULTIPLE_TRIGGERS", message, remedy, severity=Severity.WARNING)
    for trigger in triggers:
        if trigger.id not in plan.outgoing:
            message = (
                f"Nothing is connected to the trigger {trigger.id!r}; it starts executions that do nothing."
            )
            remedy = "Connect it to the first node."
            code = "NO_OUTGOING_CONNECTION"
            findings.add(code, message, remedy, severity=Severity.WARNING, node=trigger.id)


def _check_reached(
    plan: Plan, kinds: Mapping[str, NodeKind], reached: set[str], findings: ProblemList
) -> None:
    if not plan.triggers:
        return
    for step, node in plan.nodes.items():
        kind = kinds.get(step)
        if step not in reached and (kind is None or kind.role is not Role.NOTE):
            message = f"No path leads from a trigger to {step!r}; it is never executed."
            severity = Severity.ERROR if node.enabled else Severity.WARNING
            remedy = "Connect it, switch it off, or remove it."
            findings.add("DISCONNECTED_NODE", message, remedy, severity=severity, node=step)


def _check_cycles(plan: Plan, left: set[str], loops: frozenset[str], findings: ProblemList) -> None:
    if not left:
        return
    for step in _on_cycles(plan, left, loops):
        message = f"{step!r} lies on a cycle that does not run through the body of a loop node."
        remedy = "Use a loop node and lead its body back into it, or remove the edge that closes the cycle."
        findings.add("CYCLE", message, remedy, node=step)


def _on_cycles(plan: Plan, left: set[str], loops: frozenset[str]) -> Iterable[str]:
    # `left` also holds what merely comes after a cycle; trim steps that no longer lead back to another.
    def onward(step: str) -> list[str]:
        edges = (edge for edges in plan.outgoing.get(step, {}).values() for edge in edges)
        return [e.target for e in edges if e.target in left and not plan.is_way_back(e, loops)]

    exits = {step: len(onward(step)) for step in left}
    done = [step for step, count in exits.items() if count == 0]
    while done:
        step = done.pop()
        exits.pop(step, None)
        for edge in plan.incoming.get(step, []):
            if edge.source in exits and not plan.is_way_back(edge, loops):
                exits[edge.source] -= 1
                if exits[edge.source] == 0:
                    done.append(edge.source)
    return [step for step in plan.nodes if step in exits]


def _check_body_is_separate(plan: Plan, loop: str, findings: ProblemList) -> None:
    after = [edge.target for edge in plan.after(loop, "done")]
    shared = plan.body(loop) & plan.reachable(after, around=loop) if after else frozenset()
    for step in sorted(shared):
        message = f"{step!r} is executed in every round of {loop!r} and once more after it."
        remedy = f"End the body by leading it back into {loop!r}, not on to what comes after the loop."
        findings.add("LOOP_BODY_SHARED", message, remedy, severity=Severity.WARNING, node=step)


def _check_branches_meet(
    plan: Plan, kinds: Mapping[str, NodeKind], loops: frozenset[str], findings: ProblemList
) -> None:
    meeting = [
        step
        for step, edges in plan.incoming.items()
        if len(edges) > 1 and step not in loops and not _is_merge(kinds, step)
    ]
    if not meeting:
        return
    work = len(plan.workflow.edges)
    budget = _MOST_FORK_WORK
    doubled: set[str] = set()
    for branches in _forks(plan, kinds):
        budget -= work * len(branches)
        if budget < 0:
            break
        regions = _regions(plan, branches, kinds, loops)
        doubled.update(step for step in meeting if sum(step in region for region in regions) > 1)
    for step in sorted(doubled):
        message = (
            f"Branches that are executed side by side meet at {step!r}, which is executed once for each."
        )
        remedy = "Put a merge node in front of it if it should be executed once."
        findings.add("BRANCHES_WITHOUT_MERGE", message, remedy, severity=Severity.WARNING, node=step)


def _forks(plan: Plan, kinds: Mapping[str, NodeKind]) -> Iterable[list[str]]:
    for step, ports in plan.outgoing.items():
        kind = kinds.get(step)
        if kind is not None and kind.role is Role.FORK:
            yield [edge.target for edges in ports.values() for edge in edges]
        else:
            yield from ([edge.target for edge in edges] for edges in ports.values() if len(edges) > 1)


def _regions(
    plan: Plan, branches: Iterable[str], kinds: Mapping[str, NodeKind], loops: frozenset[str]
) -> list[set[str]]:
    """What each branch goes through. What lies behind a merge belongs to the one branch that came to it, else to none."""
    regions = [_until_merge(plan, branch, kinds, loops) for branch in branches]
    waiting = [step for region in regions for step in region if _is_merge(kinds, step)]
    passed: set[str] = set()
    while waiting:
        merge = waiting.pop()
        if merge in passed:
            continue
        passed.add(merge)
        behind: set[str] = set().union(
            *(_until_merge(plan, step, kinds, loops) for step in plan.successors(merge))
        )
        waiting += [step for step in behind if _is_merge(kinds, step)]
        came = [region for region in regions if merge in region]
        if len(came) == 1:
            came[0].update(behind)
        else:
            regions.append(behind)
    return regions


def _is_merge(kinds: Mapping[str, NodeKind], step: str) -> bool:
    kind = kinds.get(step)
    return kind is not None and kind.role is Role.MERGE


def _until_merge(plan: Plan, start: str, kinds: Mapping[str, NodeKind], loops: frozenset[str]) -> set[str]:
    # A branch inside a loop's body ends where it leads back into the loop.
    seen = {loop for loop in loops if start in plan.body(loop)}
    enclosing = frozenset(seen)
    stack = [start]
    while stack:
        step = stack.pop()
        if step in seen:
            continue
        seen.add(step)
        if not _is_merge(kinds, step):
            stack += plan.successors(step)
    return seen - enclosing


def _check_quorums(plan: Plan, kinds: Mapping[str, NodeKind], findings: ProblemList) -> None:
    for step, kind in kinds.items():
        if kind.role is not Role.MERGE or plan.nodes[step].parameters.get("mode") != "quorum":
            continue
        quorum, branches = plan.nodes[step].parameters.get("quorum"), len(plan.incoming.get(step, []))
        if type(quorum) is int and quorum > branches:
            message = (
                f"{step!r} waits for {quorum} branches, but only {branches} lead to it; it can only fail."
            )
            findings.add("QUORUM_TOO_LARGE", message, "Lower quorum, or connect more branches.", node=step)


def _hint_at_trigger_loops(
    plan: Plan, kinds: Mapping[str, NodeKind], reached: set[str], findings: ProblemList
) -> None:
    triggers = {trigger.type: trigger for trigger in plan.workflow.triggers if trigger.enabled}
    for step, kind in kinds.items():
        if step not in reached or not plan.nodes[step].enabled:
            continue
        for type_ in kind.causes:
            if type_ in triggers and _may_set_off(plan.nodes[step].parameters, triggers[type_].parameters):
                message = f"What {step!r} does may start the same workflow again, by its trigger {triggers[type_].id!r}."
                remedy = "Narrow the trigger down, or leave it if that is meant."
                findings.add("TRIGGER_LOOP", message, remedy, severity=Severity.WARNING, node=step)


def _may_set_off(done: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """False only where both sides name tags, or an event, and none is the same."""
    for names, asked in ((done.get("tags"), wanted.get("tags")), ([done.get("name")], [wanted.get("name")])):
        if isinstance(names, list) and isinstance(asked, list) and asked and asked != [None]:
            folded = {str(name).casefold() for name in names}
            if not any(str(name).casefold() in folded for name in asked) and "{{" not in str(names):
                return False
    return True


def _hint_at_immediate_sends(plan: Plan, kinds: Mapping[str, NodeKind], findings: ProblemList) -> None:
    for trigger in plan.triggers:
        for target in plan.successors(trigger):
            kind = kinds.get(target)
            if kind is not None and kind.role is Role.SEND:
                message = f"{target!r} sends a message the moment the trigger fires."
                remedy = "Put a short wait in front of it if that feels like a machine."
                findings.add("IMMEDIATE_COMMUNICATION", message, remedy, severity=Severity.INFO, node=target)


def _hint_at_long_sequences(
    plan: Plan, kinds: Mapping[str, NodeKind], in_order: list[str], findings: ProblemList
) -> None:
    length: dict[str, int] = {}
    for step in in_order:
        kind = kinds.get(step)
        if kind is None or kind.role not in (Role.ACTION, Role.SEND):
            continue
        before = [length.get(edge.source, 0) for edge in plan.incoming.get(step, [])]
        length[step] = 1 + max(before, default=0)
        if length[step] == _LONG_SEQUENCE + 1:
            message = f"{step!r} is the fourth action in a row without a wait or a decision between them."
            remedy = "Check that the subject should get all of this at once."
            findings.add("LONG_ACTION_SEQUENCE", message, remedy, severity=Severity.INFO, node=step)


def _hint_at_error_handling(plan: Plan, kinds: Mapping[str, NodeKind], findings: ProblemList) -> None:
    settings = plan.workflow.settings
    if settings.retry is not None or settings.error_mode is not ErrorMode.STOP:
        return
    for step, kind in kinds.items():
        node = plan.nodes[step]
        if node.enabled and kind.effect is Effect.EXTERNAL and node.retry is None and node.on_error is None:
            message = f"{step!r} calls another service and nothing says what happens when that fails."
            remedy = "Give it a retry policy or an error mode; otherwise the execution stops there."
            findings.add("NO_ERROR_HANDLING", message, remedy, severity=Severity.INFO, node=step)
            return
