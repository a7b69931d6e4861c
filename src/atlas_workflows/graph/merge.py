"""Merges two drafts that began as the same one, part by part and by id; whatever both changed is told and not chosen. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from atlas_workflows.graph.diff import LAYOUT, PARTS
from atlas_workflows.graph.numbered import Numbers, Tree

MINE, THEIRS, BOTH = "mine", "theirs", "both"
ENDS = ("source", "target")
STEPS = ("triggers", "nodes")


@dataclass(frozen=True, slots=True)
class Side:
    """What one of the three has at a place; `is_there` tells null from nothing."""

    is_there: bool
    value: Any = None


@dataclass(frozen=True, slots=True)
class Conflict:
    """`kind`: changed, added (both, differently), removed (one changed it), order, doubled (both added the same), dangling.

    `at` is a JSON pointer that goes by ids (`/nodes/welcome/parameters/subject`), of what is dangling with the step that is not there
    (`/edges/e/target/welcome`); `name` is the step's or variable's.
    """

    kind: str
    at: str
    part: str
    id: str
    name: str | None
    ancestor: Side
    mine: Side
    theirs: Side


@dataclass(frozen=True, slots=True)
class Merged:
    """`document` is None while there are conflicts; `unused` are decisions that none of the conflicts asked for."""

    document: Any
    conflicts: tuple[Conflict, ...]
    unused: tuple[str, ...]


def merge(ancestor: Any, mine: Any, theirs: Any, decisions: Mapping[str, str] | None = None) -> Merged:
    """Both sides' changes to `ancestor` in one document, in time linear in the three.

    `decisions` say for the `at` of a conflict which side counts: mine, theirs or, of what is doubled, both.
    """
    merging = _Merging(decisions or {})
    document = merging.documents(*map(merging.numbers.read, (ancestor, mine, theirs)))
    conflicts = tuple(merging.conflicts)
    unused = tuple(at for at in merging.decisions if at not in merging.asked)
    return Merged(None if conflicts else document, conflicts, unused)


@dataclass(frozen=True, slots=True)
class _Place:
    """A key below another place; written out only where somebody has to be told of it."""

    above: "_Place | None"
    key: str

    @property
    def keys(self) -> list[str]:
        found: list[str] = []
        place: _Place | None = self
        while place is not None:
            found.append(place.key)
            place = place.above
        return found[::-1]

    @property
    def pointer(self) -> str:
        return "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in self.keys)

    @property
    def is_layout(self) -> bool:
        """Whether it is where a member of a part lies: one thing, not a number here and a number there."""
        part = self.above and self.above.above
        return self.key == LAYOUT and part is not None and part.above is None and part.key in PARTS


class _Absent:
    """What a removed member merges to."""


ABSENT = _Absent()
Three = tuple[Tree | None, Tree | None, Tree | None]


class _Merging:
    """One merge: its decisions, those asked for so far, and the conflicts that nobody decided."""

    def __init__(self, decisions: Mapping[str, str]) -> None:
        self.numbers = Numbers()
        self.decisions = decisions
        self.asked: set[str] = set()
        self.conflicts: list[Conflict] = []
        self._names: dict[tuple[str, str], str | None] = {}

    def documents(self, ancestor: Tree, mine: Tree, theirs: Tree) -> Any:
        """The merged document."""
        if _is_settled((ancestor, mine, theirs)) or mine.members is None or theirs.members is None:
            return self._value(_Place(None, ""), (ancestor, mine, theirs))
        three = [tree.members or {} for tree in (ancestor, mine, theirs)]
        found: dict[str, Any] = {}
        for key in _keys(three[2], three[1], three[0]):
            at, values = _Place(None, key), _three(three, key)
            merged = self._part(at, key, values) if key in PARTS else self._value(at, values)
            if merged is not ABSENT:
                found[key] = merged
        self._doubled(found, three)
        self._dangling(found, three)
        return found

    def _value(self, at: _Place, three: Three) -> Any:
        ancestor, mine, theirs = three
        if _is_settled(three):
            found = mine if _number(theirs) == _number(ancestor) else theirs
            return ABSENT if found is None else found.value
        if not at.is_layout and all(tree is not None and tree.members is not None for tree in three):
            members = [tree.members for tree in three if tree is not None and tree.members is not None]
            return self._object(at, members)
        return self._decide(_kind(three), at, three)

    def _object(self, at: _Place, three: Sequence[Mapping[str, Tree]]) -> dict[str, Any]:
        found = {}
        for key in _keys(three[2], three[1], three[0]):
            merged = self._value(_Place(at, key), _three(three, key))
            if merged is not ABSENT:
                found[key] = merged
        return found

    def _part(self, at: _Place, part: str, three: Three) -> Any:
        """A list whose members go by their ids. One in which they do not is taken as a whole."""
        if _is_settled(three):
            return self._value(at, three)
        keyed = [_by_id(tree, PARTS[part]) for tree in three]
        if any(members is None for members in keyed):
            return self._decide(_kind(three), at, three)
        ancestor, mine, theirs = members = [each or {} for each in keyed]
        for named in _keys(theirs, mine, ancestor):
            self._names[part, named] = next((name for each in members[::-1] if named in each and (name := _name(each[named]))), None)  # fmt: skip
        merged = {}
        for named in _keys(theirs, mine, ancestor):
            value = self._value(_Place(at, named), _three(members, named))
            if value is not ABSENT:
                merged[named] = value
        return [merged[named] for named in self._order(at, merged, members)]

    def _order(
        self, at: _Place, merged: Mapping[str, Any], three: Sequence[Mapping[str, Tree]]
    ) -> Iterator[str]:
        """The order of the side that changed it, and in it what only the other has, behind what it stood behind there."""
        ancestor, mine, theirs = three
        common = merged.keys() & ancestor.keys() & mine.keys() & theirs.keys()
        was, ours, others = ([named for named in each if named in common] for each in three)
        if ours in (was, others):
            return _woven(merged, theirs, mine)
        if others != was:
            sides = [Side(True, order) for order in (was, ours, others)]
            if self._asked("order", at, sides) == THEIRS:
                return _woven(merged, theirs, mine)
        return _woven(merged, mine, theirs)

    def _doubled(self, found: dict[str, Any], three: Sequence[Mapping[str, Tree]]) -> None:
        """Both added the same under two ids: kept side by side, it would be done twice. What goes by its name is another thing then."""
        for part in (part for part, key in PARTS.items() if key == "id"):
            keyed = [_by_id(each.get(part), "id") for each in three]
            if any(members is None for members in keyed):
                continue
            ancestor, mine, theirs = (members or {} for members in keyed)
            ours, others = (
                _by_content((tree for named, tree in side.items() if named not in ancestor and named not in other))
                for side, other in ((mine, theirs), (theirs, mine))
            )  # fmt: skip
            dropped = {
                self._dropped(part, twins)
                for content, alike in ours.items()
                for twins in zip(alike, others.get(content, ()), strict=False)
            }  # fmt: skip
            if dropped - {None}:
                found[part] = [member for member in found[part] if member["id"] not in dropped]

    def _dropped(self, part: str, twins: tuple[Tree, Tree]) -> str | None:
        """What one of two twins goes by, where only the other shall stay."""
        names: list[str] = [twin.value["id"] for twin in twins]
        self._names[part, min(names)] = _name(twins[0])
        at = _Place(_Place(None, part), min(names))
        taken = self._asked("doubled", at, [Side(False), *(Side(True, twin.value) for twin in twins)])
        return None if taken == BOTH else names[1 if taken == MINE else 0]

    def _dangling(self, found: dict[str, Any], three: Sequence[Mapping[str, Tree]]) -> None:
        """One side connected what the other removed. What stays is known only once everything else is decided."""
        if self.conflicts or not isinstance(found.get("edges"), list):
            return
        sides = [(_by_id(each.get("edges"), "id") or {}, _steps(each)) for each in three]
        there = {each.get("id") for part in STEPS for each in _objects(found.get(part)) if isinstance(each.get("id"), str)}  # fmt: skip
        found["edges"] = [edge for edge in found["edges"] if self._leads(edge, sides, there)]

    def _leads(
        self, edge: Any, sides: Sequence[tuple[Mapping[str, Tree], set[Any]]], there: set[Any]
    ) -> bool:
        """Whether an edge stays: one that ends nowhere only where it always did, or where somebody says so."""
        ends = [edge.get(end) for end in ENDS] if isinstance(edge, dict) else []
        if not all(isinstance(end, str) for end in ends) or there.issuperset(ends):
            return True
        named = str(edge.get("id"))
        missing = [
            (end, step) for end, step in zip(ENDS, ends, strict=True)
            if step not in there
            and not any(step not in steps and _end(edges.get(named), end) == step for edges, steps in sides[1:])
        ]  # fmt: skip
        if not missing:
            return True
        told = [_side(edges.get(named)) for edges, _ in sides]
        # No other conflict has this place: whoever decided about the edge has not decided that it may end nowhere.
        end, step = missing[0]
        at = _Place(_Place(_Place(_Place(None, "edges"), named), end), str(step))
        taken = self._asked("dangling", at, told)
        return told[1 if taken == MINE else 2].is_there

    def _decide(self, kind: str, at: _Place, three: Three) -> Any:
        sides = [_side(tree) for tree in three]
        taken = sides[1 if self._asked(kind, at, sides) == MINE else 2]
        return taken.value if taken.is_there else ABSENT

    def _asked(self, kind: str, at: _Place, sides: list[Side]) -> str:
        """Which side counts; where nobody says it the conflict is noted."""
        pointer, keys = at.pointer, at.keys
        self.asked.add(pointer)
        taken = self.decisions.get(pointer)
        if taken is not None and (taken != BOTH or kind == "doubled"):
            return taken
        part = keys[0] if keys[0] in PARTS else "workflow"
        named = keys[1] if part in PARTS and len(keys) > 1 else ""
        self.conflicts.append(Conflict(kind, pointer, part, named, self._names.get((part, named)), *sides))
        return THEIRS


def _is_settled(three: Three) -> bool:
    """Whether both have the same, or only one side changed something."""
    ancestor, mine, theirs = map(_number, three)
    return mine == theirs or ancestor in (mine, theirs)


def _by_content(members: Iterable[Tree]) -> dict[frozenset[tuple[str, int]], list[Tree]]:
    found: dict[frozenset[tuple[str, int]], list[Tree]] = defaultdict(list)
    for tree in members:
        found[_content(tree)].append(tree)
    return found


def _woven(merged: Mapping[str, Any], lead: Mapping[str, Tree], other: Mapping[str, Tree]) -> Iterator[str]:
    behind: dict[str, list[str]] = defaultdict(list)
    anchor = ""
    first: list[str] = []
    for named in other:
        if named in merged and named not in lead:
            (behind[anchor] if anchor else first).append(named)
        elif named in merged:
            anchor = named
    yield from first
    for named in lead:
        if named in merged:
            yield named
            yield from behind.get(named, ())


def _kind(three: Three) -> str:
    if three[1] is None or three[2] is None:
        return "removed"
    return "added" if three[0] is None else "changed"


def _by_id(tree: Tree | None, key: str) -> dict[str, Tree] | None:
    """The members of a part in their order by what they go by; None where one has no id, or another's."""
    if tree is None:
        return {}
    if tree.items is None:
        return None
    found: dict[str, Tree] = {}
    for member in tree.items:
        named = None if member.members is None else member.members.get(key)
        if named is None or not isinstance(named.value, str) or not named.value or named.value in found:
            return None
        found[named.value] = member
    return found


def _steps(document: Mapping[str, Tree]) -> set[Any]:
    return {name for part in STEPS for name in _by_id(document.get(part), "id") or ()}


def _end(edge: Tree | None, end: str) -> Any:
    return edge.value.get(end) if edge is not None and isinstance(edge.value, dict) else None


def _content(tree: Tree) -> frozenset[tuple[str, int]]:
    """What a member is, whatever it is called and wherever it lies."""
    members = tree.members or {}
    return frozenset((name, each.number) for name, each in members.items() if name not in ("id", LAYOUT))


def _name(tree: Tree) -> str | None:
    """As people call a step or variable; an edge by its ends."""
    told = tree.value if isinstance(tree.value, dict) else {}
    named = told.get("name") or told.get("type")
    if not named and all(isinstance(told.get(end), str) for end in ENDS):
        named = " → ".join(told[end] for end in ENDS)
    return named if isinstance(named, str) else None


def _objects(value: Any) -> Iterator[Mapping[str, Any]]:
    return (each for each in value if isinstance(each, dict)) if isinstance(value, list) else iter(())


def _keys(*mappings: Iterable[str]) -> dict[str, None]:
    """Every key once, in the order in which they come up."""
    return {key: None for mapping in mappings for key in mapping}


def _three(members: Sequence[Mapping[str, Tree]], key: str) -> Three:
    ancestor, mine, theirs = members
    return ancestor.get(key), mine.get(key), theirs.get(key)


def _number(tree: Tree | None) -> int:
    return -1 if tree is None else tree.number


def _side(tree: Tree | None) -> Side:
    return Side(False) if tree is None else Side(True, tree.value)
