"""One advance in progress: moves tokens along edges, keeps the books, and ends the execution."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from atlas_workflows.engine.behaviour import StepFailed
from atlas_workflows.engine.events import Effect, Failure, StepRecord
from atlas_workflows.engine.limits import MAX_STORED, MAX_TOKENS, weight
from atlas_workflows.engine.program import Program
from atlas_workflows.engine.state import State, Status, Token
from atlas_workflows.expressions.moment import Moment
from atlas_workflows.graph.model import Edge

EXITS = "The exit condition of the workflow holds."


@dataclass(slots=True)
class Walk:
    """Works on its own copy of a state; `ready` lists the tokens that can go on at this instant."""

    program: Program
    state: State
    at: Moment
    steps: list[StepRecord] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    ready: list[int] = field(default_factory=list)
    failure: Failure | None = None

    def spawn(self, edge: Edge, frame: str) -> None:
        """Put a token at the end of an edge, unless the edge closes the round of a loop that it is in."""
        if frame and edge.target in self.loops_around(frame):
            return
        if len(self.state.tokens) >= MAX_TOKENS:
            message = f"The execution is at more than {MAX_TOKENS} places at once (MAX_TOKENS)."
            self.failure = Failure("", "", "limit", message, None)
            self.end("failed", message)
            return
        token = Token(self.state.next_token, edge.target, frame, Status.READY, self.at.now)
        self.state.next_token += 1
        self.state.tokens[token.id] = token
        self.ready.append(token.id)

    def leave(self, token: Token, *ports: str) -> None:
        """Take a token from its node along every edge of these ports; it ends where there are none."""
        self.state.tokens.pop(token.id, None)
        for port in ports:
            for edge in self.program.plan.after(token.node, port):
                if not self.state.is_over:
                    self.spawn(edge, token.frame)

    def hold(self, token: Token, status: Status, **changes: Any) -> Token:
        """Keep a token where it is, in another status."""
        held = token.in_status(status)
        for name, value in changes.items():
            setattr(held, name, value)
        self.state.tokens[token.id] = held
        return held

    def wake(self, token: Token, **changes: Any) -> None:
        """Make a held token ready again."""
        self.hold(token, Status.READY, since=self.at.now, due_at=None, details={}, **changes)
        self.ready.append(token.id)

    def loops_around(self, frame: str) -> frozenset[str]:
        """The loops in whose rounds a frame lies."""
        found = set()
        while frame:
            found.add(self.state.frames[frame].loop)
            frame = self.state.frames[frame].parent
        return frozenset(found)

    def rounds(self, frame: str) -> list[int]:
        """Rounds from the outermost loop to the innermost."""
        found: list[int] = []
        while frame:
            found.append(self.state.frames[frame].index)
            frame = self.state.frames[frame].parent
        return found[::-1]

    def key_of(self, token: Token) -> str:
        """Names this step of this execution for all time: execution, node, rounds, and the visit beyond the first."""
        place = f"{token.frame}@{token.node}"
        visit = self.state.visits.get(place, 0) + 1
        self.state.visits[place] = visit
        rounds = "".join(f"/{index}" for index in self.rounds(token.frame)) if token.frame else ""
        key = f"{self.state.execution}/{self.program.site(token.node).escaped}{rounds}"
        return f"{key}#{visit}" if visit > 1 else key

    def scope(self, frame: str) -> dict[str, Any]:
        """The roots of paths as seen from a frame."""
        state = self.state
        if not frame:
            return {**state.data, "variables": state.variables, "nodes": state.outputs}
        values: dict[str, Any] = {}
        variables: dict[str, Any] = {}
        while frame:
            found = state.frames[frame]
            values, variables = {**found.values, **values}, {**found.variables, **variables}
            frame = found.parent
        return {**state.data, "nodes": state.outputs, **values, "variables": {**state.variables, **variables}}

    def record(self, token: Token, status: str, **details: Any) -> None:
        """Note what became of an attempt."""
        rounds = self.rounds(token.frame) if token.frame else None
        self.steps.append(
            StepRecord(
                node=token.node,
                type=self.program.plan.nodes[token.node].type,
                iteration=rounds[-1] if rounds else 0,
                attempt=token.attempt,
                status=status,
                started_at=token.since,
                finished_at=self.at.now,
                key=token.key,
                **details,
            )
        )

    def weigh(self, value: Any) -> None:
        """Count a value against what an execution may hold; raises StepFailed beyond it."""
        found = weight(value, MAX_STORED - self.state.stored)
        if found is None:
            raise StepFailed(
                "too_large", f"The data is too large or nested too deeply ({MAX_STORED:,}, MAX_STORED)."
            )
        self.state.stored += found

    def keep(self, token: Token, output: Any, variables: Mapping[str, Any]) -> None:
        """Store a step's output and the variables it sets; raises StepFailed where they are too large."""
        if output is not None:
            self.weigh(output)
            self.state.outputs[token.node] = output if isinstance(output, dict) else {"output": output}
        if variables:
            self.weigh(dict(variables))
            self.state.variables.update(variables)

    def is_to_exit(self) -> bool:
        """Whether the workflow's exit condition holds, as far as is known now."""
        test = self.program.exit_test
        return test is not None and test(self.scope(""), self.at)

    def end(self, outcome: str, reason: str | None = None) -> None:
        """End the whole execution; whatever was still going on is cancelled."""
        state = self.state
        if state.is_over:
            return
        if outcome in ("failed", "timeout") and reason is not None and self.failure is None:
            self.failure = Failure("", "", "limit" if outcome == "failed" else outcome, reason, state.copy())
        for token in state.tokens.values():
            if token.status is Status.RETRY:
                # The last attempt has failed and is recorded; what is cancelled is the next one.
                self.record(replace(token, attempt=token.attempt + 1, since=self.at.now), "cancelled")
            elif token.status is not Status.READY:
                self.record(token, "cancelled")
        state.outcome, state.reason, state.finished_at = outcome, reason, self.at.now
        state.tokens, state.frames, state.gatherings = {}, {}, {}
        self.ready.clear()
