"""What no translation may lose: nodes, edges, triggers, texts and numbers of the legacy graph. Pure.

It knows nothing of types and parameters. A definition may hold more than the legacy graph (a filter that was a
workflow-level condition), rename a node whose id occurred twice, and write a placeholder differently; it may not
drop a node, cut a path, or lose a text or a long number.
"""

import html
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from atlas_workflows.migration.reconciliation.differences import DifferenceKind
from atlas_workflows.migration.reconciliation.hidden import HIDDEN, hidden_ids, is_rest_of
from atlas_workflows.migration.reconciliation.legacy_graph import LegacyGraph, decoded, leaves

Loss = tuple[DifferenceKind, str]
# Shorter texts, and longer ones without a blank, are names of options and paths of fields, which translation may
# spell differently; shorter numbers may change unit.
MIN_TEXT = 12
MIN_TEXT_WITHOUT_BLANK = 32
# "Bearer x" and its like: where a row holds sealed secrets, a text of few words may be one.
MIN_WORDS_WHERE_SEALED = 4
MIN_DIGITS = 6
MAX_UNESCAPES = 20
# By these reasons translation says that it split a text at its commas.
SPLIT = frozenset({"LIST_FROM_TEXT", "CONDITION_LIST_FROM_TEXT", "TAGS_MALFORMED"})
# Whatever may be a placeholder in some legacy syntax, or markup that may be rewritten around one.
_PLACEHOLDER = re.compile(r"\{\{.*?\}\}|\{[^{}\s]{1,80}\}|\[[^\[\]\s]{1,80}\]|[<>\"']", re.DOTALL)
# Drawing residue and identity (what kind of step it is); the graph checks look at ids.
_NOT_CONTENT = frozenset(
    {"id", "type", "source", "target", "sourceHandle", "targetHandle", "position", "positionAbsolute", "icon", "style",
     "width", "height", "selected", "dragging", "isValid", "markerEnd", "error", "inputs", "outputs", "actionType",
     "action_type", "subtype", "nodeType"}
)  # fmt: skip


def losses(
    graphs: list[LegacyGraph],
    definition: Mapping[str, Any],
    *,
    is_sealed: bool,
    taken_out: Sequence[str] = (),
    named: Collection[str] = (),
) -> list[Loss]:
    """What the definition lacks of the legacy graph. Where a row holds several graphs, one of them must be whole.

    `named`: the reasons that translation gave; some allow a difference that can be looked up, and no other.
    `taken_out`: the plain values of the secrets that the definition refers to; they count as its content.
    """
    if not graphs:
        return []
    if is_sealed:
        known = _ids(definition, "nodes") + _ids(definition, "triggers")
        graphs = [graph.with_ids(hidden_ids(graph.node_ids, known)) for graph in graphs]
    there = [*leaves(definition), *(leaf for value in taken_out for leaf in leaves(decoded(value)))]
    return min(
        (
            [*_lost_parts(graph, definition), *_lost_content(graph, there, is_sealed, named)]
            for graph in graphs
        ),
        key=len,
    )


def _lost_parts(graph: LegacyGraph, definition: Mapping[str, Any]) -> Iterator[Loss]:
    known = _ids(definition, "nodes") + _ids(definition, "triggers")
    parts = graph.nodes or graph.steps
    if len(known) < len(parts):
        yield DifferenceKind.NODE_LOST, f"{len(parts)} legacy nodes, {len(known)} in the definition"
    present = set(known)
    for node_id in dict.fromkeys(graph.node_ids):
        if node_id not in present:
            yield DifferenceKind.NODE_LOST, node_id
    yield from _lost_edges(graph, definition, present)


def _lost_edges(graph: LegacyGraph, definition: Mapping[str, Any], present: set[str]) -> Iterator[Loss]:
    own = set(graph.node_ids)
    triggers = set(_ids(definition, "triggers"))
    joined, legacy = _paths(definition, own), _that_can_stand(graph.joined, definition)
    for source, target in sorted(legacy):
        # An edge into a trigger has no meaning; translation reports it instead of keeping it.
        if {source, target} <= present and target not in triggers and (source, target) not in joined:
            yield DifferenceKind.EDGE_LOST, f"{source} → {target}"
    for source, target in sorted(joined - legacy):
        if source in own and target in own and source not in triggers and source != target:
            yield DifferenceKind.EDGE_INVENTED, f"{source} → {target}"


def _that_can_stand(joined: set[tuple[str, str]], definition: Mapping[str, Any]) -> set[tuple[str, str]]:
    """In our format a note has no ports, so paths lead past it, and nothing follows an end."""
    types = {str(node.get("id")): node.get("type") for node in definition.get("nodes") or ()}
    for note in sorted(node for node, kind in types.items() if kind == "note"):
        before = {source for source, target in joined if target == note}
        after = {target for source, target in joined if source == note}
        joined = {pair for pair in joined if note not in pair} | {
            (a, b) for a in before for b in after if a != b
        }
    return {(source, target) for source, target in joined if types.get(source) != "end"}


def _paths(definition: Mapping[str, Any], own: set[str]) -> set[tuple[str, str]]:
    """Pairs of legacy nodes that the definition joins, directly or through nodes that translation added."""
    following: dict[str, set[str]] = {}
    for edge in definition.get("edges") or ():
        following.setdefault(str(edge.get("source")), set()).add(str(edge.get("target")))
    found = set()
    for start in following:
        if start not in own:
            continue
        ahead, seen = list(following[start]), set[str]()
        while ahead:
            here = ahead.pop()
            if here in seen:
                continue
            seen.add(here)
            if here in own:
                found.add((start, here))
            else:
                ahead.extend(following.get(here, ()))
    return found


def _lost_content(
    graph: LegacyGraph, there: list[Any], is_sealed: bool, named: Collection[str]
) -> Iterator[Loss]:
    content: list[Any] = []
    _gather([*graph.nodes, *graph.steps], content)
    if not SPLIT.isdisjoint(named):
        whole = {item for item in there if isinstance(item, str)}
        content = [item for item in content if not _is_split(item, whole)]
    # Most texts stand there many times: types, ids, fields.
    texts = "\n".join(_plain(item) for item in dict.fromkeys(item for item in there if isinstance(item, str)))
    for fragment in dict.fromkeys(_fragments(content, is_sealed)):
        if fragment not in texts and not (is_sealed and _is_hidden(fragment, there)):
            yield DifferenceKind.TEXT_LOST, f"a text of {len(fragment)} characters"
    long = [
        number for number in dict.fromkeys(map(_reduced, filter(_is_number, content))) if _is_long(number)
    ]
    # Few graphs hold a long number, and reading all of the definition's takes a while.
    numbers = {_reduced(item) for item in there if _is_number(item)} if long else set()
    for number in long:
        if number not in numbers and f"{number:f}" not in texts:
            yield DifferenceKind.NUMBER_LOST, f"a number of {len(number.as_tuple().digits)} digits"


def _is_long(number: Decimal) -> bool:
    return len(number.as_tuple().digits) >= MIN_DIGITS


def _is_split(value: Any, there: set[str]) -> bool:
    """A list that was one text with commas: every part of it must stand there as a text of its own."""
    parts = [part.strip() for part in value.split(",")] if isinstance(value, str) else []
    return len(parts) > 1 and all(part in there for part in parts if part)


def _is_hidden(fragment: str, there: list[Any]) -> bool:
    """Whether the fragment stands there but for the secrets in it."""
    texts = (item for item in there if isinstance(item, str) and HIDDEN in item)
    return any(
        is_rest_of(" ".join(part.split()), fragment)
        for text in texts
        for part in _PLACEHOLDER.split(_unescaped(text))
    )


def _gather(value: Any, content: list[Any]) -> None:
    """Every scalar of the legacy nodes that is content."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key not in _NOT_CONTENT:
                _gather(item, content)
    elif isinstance(value, list | tuple):
        for item in value:
            _gather(item, content)
    else:
        content.append(value)


def _fragments(content: Iterable[Any], is_sealed: bool) -> Iterator[str]:
    for text in content:
        # Legacy executed a value that begins with "=" as a formula; field names in it may be spelled differently.
        if not isinstance(text, str) or text.startswith("="):
            continue
        for part in _PLACEHOLDER.split(_unescaped(text)):
            fragment = " ".join(part.split())
            words = fragment.count(" ") + 1
            long_enough = len(fragment) >= (MIN_TEXT if words > 1 else MIN_TEXT_WITHOUT_BLANK)
            if long_enough and not (is_sealed and words < MIN_WORDS_WHERE_SEALED):
                yield fragment


def _plain(text: str) -> str:
    return " ".join(_PLACEHOLDER.sub(" ", _unescaped(text)).split())


def _unescaped(text: str) -> str:
    """HTML escaping undone as often as it was done; what it hid may be a placeholder."""
    for _ in range(MAX_UNESCAPES if "&" in text else 0):
        plain = html.unescape(text)
        if plain == text:
            break
        text = plain
    return text


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _reduced(value: Any) -> Decimal:
    number = value if isinstance(value, Decimal) else Decimal(str(value))
    return number.normalize() if number.as_tuple().digits != (0,) else Decimal(0)


def _ids(definition: Mapping[str, Any], part: str) -> list[str]:
    return [str(item.get("id")) for item in definition.get(part) or () if isinstance(item, Mapping)]
