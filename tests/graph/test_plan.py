"""The plan's lookups: what comes next, what lies in a loop, what can still reach a node."""

from atlas_workflows.graph.model import Edge, Node, Trigger, Workflow
from atlas_workflows.graph.plan import Plan, order


def plan(nodes: str, *edges: str) -> Plan:
    parts = [edge.split() for edge in edges]
    found = tuple(
        Edge(f"e{i}", a.split(":")[0], b, [*a.split(":"), "main"][1]) for i, (a, b) in enumerate(parts)
    )
    return Plan(
        Workflow("w", "W", tuple(Node(n, "x", {}) for n in nodes.split()), found, (Trigger("t", "x", {}),))
    )


LOOP = plan("l a m b z", "t l", "l:body a", "a m", "l:body m", "m l", "l:done z", "z b")


def test_successors_follow_the_document() -> None:
    found = plan("a b c", "t a", "a c", "a:error b", "a b")
    assert [edge.target for edge in found.after("a", "main")] == ["c", "b"]
    assert found.successors("a") == ["c", "b", "b"]
    assert found.after("nowhere", "main") == []


def test_edges_to_nowhere_are_left_out_and_the_first_of_twins_wins() -> None:
    twins = Workflow("w", "W", (Node("a", "first", {}), Node("a", "second", {})), (Edge("e", "a", "gone"),))
    assert Plan(twins).nodes["a"].type == "first"
    assert Plan(twins).successors("a") == []


def test_a_loops_body_ends_at_the_loop() -> None:
    assert LOOP.body("l") == {"a", "m"}
    assert LOOP.is_way_back(LOOP.after("m", "main")[0], frozenset({"l"}))
    assert not LOOP.is_way_back(LOOP.after("t", "main")[0], frozenset({"l"}))


def test_what_lies_ahead_inside_a_round_of_a_loop() -> None:
    assert LOOP.ahead(["a"]) == {"m", "l", "a", "z", "b"}
    assert LOOP.ahead(["a"], frozenset({"l"})) == {"m"}
    assert LOOP.ahead(["b", "z"]) == {"b"}
    assert LOOP.ahead([]) == set()


def test_order_puts_steps_after_their_predecessors_and_names_cycles() -> None:
    assert order(plan("a b", "t a", "a b"), frozenset()) == (["t", "a", "b"], set())
    assert order(plan("b a", "t a", "a b"), frozenset()) == (["t", "a", "b"], set())
    assert order(LOOP, frozenset({"l"}))[1] == set()
    steps, left = order(plan("a b c d", "t a", "a b", "b a", "b c", "t d"), frozenset())
    assert (steps, left) == (["t", "d"], {"a", "b", "c"})
