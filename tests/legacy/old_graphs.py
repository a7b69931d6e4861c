"""Arbitrary old graphs: every kind of node and edge, with settings of every sort, most of them nonsense."""

from hypothesis import strategies as st

from atlas_workflows.legacy.engine.semantics import BY_NAME

IDS = st.sampled_from(["t", "a", "b", "c", "d", "e/1", "e#1", ""])
WORDS = st.sampled_from(
    [
        "send_email",
        "add_tag",
        "condition",
        "wait",
        "loop",
        "switch",
        "parallel",
        "merge",
        "end",
        "teleport",
        "create_task",
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["", "x", "{{firstName}}", "=1", "{{", "[a]", "2/3"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["field", "operator", "value", "conditions", "unit"]), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
KEYS = st.sampled_from(
    [
        "to",
        "message",
        "tag",
        "duration",
        "unit",
        "delay",
        "field",
        "operator",
        "value",
        "conditions",
        "iterations",
        "cases",
        "condition",
        "items",
    ]
)
NODES = st.builds(
    lambda id_, word, typed, config, flat: {
        "id": id_, "type": word if typed else "action",
        "data": {"label": word, **config} if flat else {"label": "L", "actionType": word, "config": config},
    },
    IDS, WORDS, st.booleans(), st.dictionaries(KEYS, VALUES, max_size=4), st.booleans(),
)  # fmt: skip
HANDLES = st.sampled_from([None, "true", "false", "loop", "done", "branch-0", "x"])
EDGES = st.builds(
    lambda source, target, handle, condition: {"source": source, "target": target, "sourceHandle": handle, "condition": condition},
    IDS, IDS, HANDLES, VALUES,
)  # fmt: skip
GRAPHS = st.tuples(
    st.lists(NODES, max_size=8), st.lists(EDGES, max_size=14), st.sampled_from(sorted(BY_NAME))
)
