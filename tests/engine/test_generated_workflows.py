"""Properties over generated workflows, with an oracle that reads the structure instead of moving tokens."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from playing import FALSE, START, TRUE, node, play, workflow

from atlas_workflows.graph.model import Node, Severity
from atlas_workflows.graph.validate import validate
from atlas_workflows.nodes.catalogue import load_catalogue

Block = tuple[Any, ...]

blocks = st.recursive(
    st.one_of(st.just(("act",)), st.tuples(st.just("wait"), st.integers(0, 90))),
    lambda inner: st.one_of(
        st.tuples(st.just("seq"), st.lists(inner, min_size=1, max_size=3)),
        st.tuples(st.just("if"), st.booleans(), inner, inner),
        st.tuples(
            st.just("fork"),
            st.sampled_from(["all", "first", "quorum"]),
            st.lists(inner, min_size=2, max_size=3),
        ),
        st.tuples(st.just("loop"), st.integers(0, 3), inner),
        st.tuples(st.just("gate"), st.booleans(), inner),
    ),
    max_leaves=10,
)


@dataclass(slots=True)
class Built:
    """Nodes and paths of a block, and what the oracle expects to be done: node and rounds."""

    nodes: list[Node] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    count: int = 0

    def new(self, kind: str, /, **parameters: Any) -> str:
        self.count += 1
        name = f"{kind[0]}{self.count}"
        self.nodes.append(node(name, kind, **parameters))
        return name

    def add(
        self, block: Block, entry: str, rounds: Iterator[tuple[int, ...]] | list[tuple[int, ...]]
    ) -> tuple[list[str], list[str]]:
        """Build `block` behind `entry` ("node" or "node:port"); returns its exits and the keys it will do."""
        done: list[str] = []
        exits = _BUILDERS[block[0]](self, block, entry, list(rounds), done)
        return exits, done


def _keys(name: str, rounds: list[tuple[int, ...]]) -> list[str]:
    return ["/".join(["x", name, *map(str, path)]) for path in rounds]


def _act(built: Built, block: Block, entry: str, rounds: list[tuple[int, ...]], done: list[str]) -> list[str]:
    name = built.new("add_note")
    built.paths.append(f"{entry} {name}")
    done += _keys(name, rounds)
    return [name]


def _wait(
    built: Built, block: Block, entry: str, rounds: list[tuple[int, ...]], done: list[str]
) -> list[str]:
    name = built.new("wait", wait={"kind": "duration", "amount": block[1], "unit": "minutes"})
    built.paths.append(f"{entry} {name}")
    return [name]


def _seq(built: Built, block: Block, entry: str, rounds: list[tuple[int, ...]], done: list[str]) -> list[str]:
    exits = [entry]
    for part in block[1]:
        merged = exits
        if len(exits) > 1:  # ways of a condition that come together again
            name = built.new("set_variable", name="x", value=1)
            built.paths += [f"{way} {name}" for way in exits]
            merged = [name]
        exits, keys = built.add(part, merged[0], rounds)
        done += keys
    return exits


def _if(built: Built, block: Block, entry: str, rounds: list[tuple[int, ...]], done: list[str]) -> list[str]:
    _, holds, yes, no = block
    name = built.new("condition", condition=TRUE if holds else FALSE)
    built.paths.append(f"{entry} {name}")
    left, keys = built.add(yes, f"{name}:true", rounds if holds else [])
    right, others = built.add(no, f"{name}:false", [] if holds else rounds)
    done += keys + others
    return left + right


def _fork(
    built: Built, block: Block, entry: str, rounds: list[tuple[int, ...]], done: list[str]
) -> list[str]:
    _, mode, branches = block
    name = built.new("parallel", branches=len(branches))
    merge = built.new("merge", mode=mode, **({"quorum": 1} if mode == "quorum" else {}))
    built.paths.append(f"{entry} {name}")
    for place, branch in enumerate(branches):
        exits, keys = built.add(branch, f"{name}:branch-{place}", rounds)
        done += keys
        built.paths += [f"{way} {merge}" for way in exits]
    return [merge]


def _loop(
    built: Built, block: Block, entry: str, rounds: list[tuple[int, ...]], done: list[str]
) -> list[str]:
    _, times, body = block
    name = built.new("loop", kind="count", count=times)
    built.paths.append(f"{entry} {name}")
    exits, keys = built.add(body, f"{name}:body", [(*path, i) for path in rounds for i in range(times)])
    built.paths += [f"{way} {name}" for way in exits]
    done += keys
    return [f"{name}:done"]


def _gate(
    built: Built, block: Block, entry: str, rounds: list[tuple[int, ...]], done: list[str]
) -> list[str]:
    """Both ways come together behind it, so that a closed gate does not swallow what follows."""
    _, opens, body = block
    name = built.new("filter", condition=TRUE if opens else FALSE)
    built.paths.append(f"{entry} {name}")
    exits, keys = built.add(body, name, rounds if opens else [])
    done += keys
    return [*exits, f"{name}:rejected"]


_BUILDERS = {"act": _act, "wait": _wait, "seq": _seq, "if": _if, "fork": _fork, "loop": _loop, "gate": _gate}


def build(block: Block) -> tuple[Any, list[str]]:
    built = Built()
    _, keys = built.add(block, "t", [()])
    # Waiting costs virtual time only; the bound on busy time must not interfere.
    return workflow(built.nodes, *built.paths), sorted(keys)


@given(blocks)
@settings(max_examples=150, deadline=None)
def test_exactly_what_the_structure_says_is_done(block: Block) -> None:
    found, expected = build(block)
    played = play(found, between=lambda state: state)
    assert played.outcome == "completed"
    assert sorted(effect.key for effect in played.effects) == expected
    assert played.state.tokens == {}
    assert not any("#" in step.key for step in played.steps)


def minutes(block: Block, start: int) -> tuple[int, int]:
    """When what follows a block begins, and when the last of the block is over; late branches are absorbed."""
    match block:
        case ("wait", length):
            return start + length, start + length
        case ("seq", parts):
            last = start
            for part in parts:
                start, over = minutes(part, start)
                last = max(last, over)
            return start, last
        case ("if", holds, yes, no):
            return minutes(yes if holds else no, start)
        case ("fork", mode, branches):
            ends = [minutes(branch, start) for branch in branches]
            follow = [on for on, _ in ends]
            return (max(follow) if mode == "all" else min(follow)), max(last for _, last in ends)
        case ("loop", times, body):
            for _ in range(times):
                start = minutes(body, start)[1]  # a round is over when nothing of it is left
            return start, start
        case ("gate", opens, body):
            return minutes(body, start) if opens else (start, start)
        case _:
            return start, start


@given(blocks)
@settings(max_examples=150, deadline=None)
def test_everything_happens_when_the_structure_says(block: Block) -> None:
    found, _ = build(("seq", [block, ("act",)]))
    played = play(found, between=lambda state: state)
    follows, last = minutes(block, 0)
    after = [node.id for node in found.nodes if node.type == "add_note"][-1]
    assert [effect.at for effect in played.effects if effect.node == after] == [
        START + timedelta(minutes=follows)
    ]
    assert played.state.finished_at == START + timedelta(minutes=max(follows, last))


@given(blocks)
@settings(max_examples=60, deadline=None)
def test_generated_workflows_are_valid(block: Block) -> None:
    found, _ = build(block)
    assert [p for p in validate(found, load_catalogue()) if p.severity is Severity.ERROR] == []


@given(blocks)
@settings(max_examples=80, deadline=None)
def test_resuming_from_a_serialised_state_changes_nothing(block: Block) -> None:
    found, _ = build(block)
    through, direct = play(found), play(found, between=lambda state: state)
    assert through.steps == direct.steps
    assert through.effects == direct.effects
    assert through.state == direct.state


@given(blocks, st.randoms(use_true_random=False))
@settings(max_examples=80, deadline=None)
def test_the_order_of_independent_branches_does_not_matter(block: Block, random_: random.Random) -> None:
    found, _ = build(block)
    one = play(found, between=lambda state: state)
    other = play(found, between=lambda state: state, pick=random_.randrange)
    assert other.outcome == one.outcome
    assert other.state.finished_at == one.state.finished_at
    assert sorted((e.key, e.at, str(e.content)) for e in other.effects) == sorted(
        (e.key, e.at, str(e.content)) for e in one.effects
    )


@given(blocks, st.integers(0, 3))
@settings(max_examples=80, deadline=None)
def test_a_condition_never_goes_both_ways(block: Block, failing: int) -> None:
    found, _ = build(block)
    first = next((n.id for n in found.nodes if n.type == "add_note"), None)
    played = play(found, fail={first: failing} if first else None, between=lambda state: state)
    ways = [(step.key, step.port) for step in played.steps if step.type in ("condition", "filter")]
    assert len({key for key, _ in ways}) == len(ways)
    assert played.outcome in ("completed", "failed")
