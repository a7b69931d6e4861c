"""How large a workflow may be: bounds that keep hostile input from costing more than a moment."""

from typing import Any

MAX_NODES = 5_000
MAX_EDGES = 20_000
MAX_LOOPS = 250  # loop nodes; finding out what lies inside each costs a walk through the graph
MAX_TRIGGERS = 100
MAX_VARIABLES = 1_000
MAX_DEPTH = 100  # containers inside containers, anywhere in the document
MAX_ID_LENGTH = 200
MAX_NAME_LENGTH = 2_000
MAX_TEXT_LENGTH = 1_000_000  # characters of one template; longer ones are kept but never rendered
MAX_PROBLEMS = 1_000


_CONTAINERS = (dict, list, tuple)


def is_deeper_than(value: object, levels: int) -> bool:
    """Whether containers are nested more than `levels` deep; iterative, so depth itself cannot hurt."""
    level: list[Any] = [value] if type(value) in _CONTAINERS else []
    for _ in range(levels + 1):
        if not level:
            return False
        members = [container.values() if type(container) is dict else container for container in level]
        level = [member for inside in members for member in inside if type(member) in _CONTAINERS]
    return bool(level)
