"""Takes settings out of a legacy config by any of their spellings; what nobody takes is left over for `extra`."""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from atlas_workflows.legacy.actions.templates import translate_template
from atlas_workflows.legacy.aliases import IDENTITY_KEYS
from atlas_workflows.legacy.findings import Findings
from atlas_workflows.legacy.reasons import ReasonCode

UNFIT: Final = object()
_NUMBER = re.compile(r"\s*[+-]?\d+(?:\.\d+)?\s*")
_TRUE, _FALSE = frozenset({"true", "yes", "on", "1"}), frozenset({"false", "no", "off", "0"})


class Drawer:
    """A config being emptied: `left` is what is still in it.

    `channel` is the one its texts are for, `engine` the one that filled them in.
    """

    __slots__ = ("channel", "engine", "findings", "left", "node_id", "path")

    def __init__(
        self,
        settings: Mapping[str, Any],
        path: str,
        findings: Findings,
        engine: str | None = None,
        node_id: str = "",
    ) -> None:
        self.left = dict(settings)
        self.path = path
        self.findings = findings
        self.channel = "other"
        self.engine = engine
        self.node_id = node_id

    def take(self, *names: str) -> Any:
        """The first filled setting of these spellings, in this order; another value under a later one stays."""
        left, found = self.left, None
        for name in names:
            if name not in left:
                continue
            value = left[name]
            if value is None or value == "" or value == [] or value == {}:
                del left[name]
            elif found is None:
                found = left.pop(name)
            elif _same(value, found):
                del left[name]
            else:
                self.say(
                    ReasonCode.ALIASES_DISAGREE, name, f"{name} differs from {names[0]}; it is kept in extra."
                )
        return found

    def put(self, parameters: dict[str, Any], target: str, names: tuple[str, ...], kind: "Kind") -> None:
        """Move a setting into `parameters`; a value that does not fit goes back to what is left."""
        present = [name for name in names if name in self.left]
        if not present:
            return
        name = present[0]
        value = self.take(*names) if len(present) > 1 else self.left.pop(name)
        if value is None or value == "" or value == [] or value == {}:
            return
        fitted = kind(value, self)
        if fitted is UNFIT:
            self.left[name] = value
            self.say(
                ReasonCode.PARAMETER_INVALID, name, f"{name} does not fit {target}; it is kept in extra."
            )
        else:
            parameters[target] = fitted

    def fill(self, parameters: dict[str, Any], fields: "Fields") -> None:
        """`put` for a whole table of fields; those without a setting cost next to nothing."""
        left = self.left
        for target, names, kind in fields:
            if not left:
                return
            if not left.keys().isdisjoint(names):
                self.put(parameters, target, names, kind)

    def close(
        self, parameters: dict[str, Any], spare: Mapping[str, Any], identity: tuple[object, ...] = ()
    ) -> None:
        """What is left, and `spare`, becomes `extra`; repeats of the node's own identity are dropped."""
        extra = {
            key: value
            for key, value in self.left.items()
            if not (key in IDENTITY_KEYS and value in identity) and value is not None
        }
        extra.update(spare)
        if extra:
            parameters["extra"] = extra

    def say(self, code: ReasonCode, name: str, message: str) -> None:
        self.findings.reason(code, f"{self.path}.{name}" if self.path else name, message)


Kind = Callable[[Any, Drawer], Any]
Fields = tuple[tuple[str, tuple[str, ...], Kind], ...]


def _same(one: Any, other: Any) -> bool:
    return bool(type(one) is type(other) and one == other)


def translated(text: str, drawer: Drawer) -> str:
    """The text with its placeholders in our syntax; plain text costs one look."""
    if "{" not in text and "[" not in text:
        return text
    written, reasons, changes = translate_template(
        text,
        channel=drawer.channel,
        path=drawer.path,
        variables=drawer.findings.variables,
        engine=drawer.engine,
    )
    drawer.findings.merge(reasons, changes)
    return written


# Kinds of values: each gives what fits the parameter, or UNFIT.


def text(value: Any, drawer: Drawer) -> Any:
    """Content that may hold placeholders; numbers are written out."""
    if type(value) is str:
        return translated(value, drawer)
    if isinstance(value, dict) and len(value) == 1 and drawer.findings.is_own(value.get("$secret")):
        return value
    return str(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else UNFIT


def name(value: Any, drawer: Drawer) -> Any:
    """A short text, such as an id: at most 200 characters."""
    value = text(value, drawer)
    return value.strip() if isinstance(value, str) and 0 < len(value.strip()) <= 200 else UNFIT


def names(value: Any, drawer: Drawer) -> Any:
    """A list of short texts; also from one text, from text with commas, from objects with an id or a name."""
    if isinstance(value, str):
        value = [part for part in (piece.strip() for piece in value.split(",")) if part]
    if not isinstance(value, list):
        value = [value]
    found = []
    for item in value:
        if isinstance(item, dict):
            kept = [item[key] for key in ("name", "id", "value", "email") if key in item]
            item = kept[0] if len(kept) == 1 and len(item) == 1 else item
        fitted = name(item, drawer)
        if fitted is UNFIT:
            return UNFIT
        found.append(fitted)
    return found or UNFIT


def people(value: Any, drawer: Drawer) -> Any:
    """Whom a message is for. One message goes to one; several, or a form nobody knows, keep the workflow inactive."""
    if isinstance(value, list | dict):
        found = names(value, drawer)
        value = found[0] if found is not UNFIT and len(found) == 1 else value
    fitted = text(value, drawer)
    if fitted is UNFIT:
        drawer.findings.keep_inactive()
        drawer.say(ReasonCode.RECIPIENTS_NOT_CARRIED, "to", "The recipients are not one person.")
    return fitted


def readers(value: Any, drawer: Drawer) -> Any:
    """Further readers of a message; a form nobody knows keeps the workflow inactive, for somebody would be left out."""
    fitted = names(value, drawer)
    if fitted is UNFIT:
        drawer.findings.keep_inactive()
        drawer.say(ReasonCode.RECIPIENTS_NOT_CARRIED, "cc", "The further readers cannot be read.")
    return fitted


def number(value: Any, drawer: Drawer) -> Any:  # noqa: ARG001
    """A number, also from digits in a text, or a placeholder that will give one."""
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return value
    if not isinstance(value, str):
        return UNFIT
    if _NUMBER.fullmatch(value):
        exact = Decimal(value.strip())
        return int(exact) if exact == exact.to_integral_value() and "." not in value else exact
    return value if "{{" in value else UNFIT


def plain_number(value: Any, drawer: Drawer) -> Any:
    """A number, never a placeholder."""
    found = number(value, drawer)
    return UNFIT if isinstance(found, str) else found


def whole(value: Any, drawer: Drawer) -> Any:
    """A whole number from 0 on."""
    found = plain_number(value, drawer)
    if isinstance(found, Decimal) and found == found.to_integral_value() and abs(found) < 10**12:
        found = int(found)
    return found if isinstance(found, int) and found >= 0 else UNFIT


def positive(value: Any, drawer: Drawer) -> Any:
    """A whole number from 1 on."""
    found = whole(value, drawer)
    return found if found is not UNFIT and found >= 1 else UNFIT


def flag(value: Any, drawer: Drawer) -> Any:  # noqa: ARG001
    """`as_flag` as a kind."""
    return as_flag(value)


def as_flag(value: Any) -> Any:
    """A boolean, also from yes and no; UNFIT for anything else."""
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower() if isinstance(value, str | int) else ""
    return True if word in _TRUE else False if word in _FALSE else UNFIT


def mapping(value: Any, drawer: Drawer) -> Any:
    """An object whose texts may hold placeholders; also from a list of key and value pairs."""
    if isinstance(value, list):
        value = _pairs(value)
    return content(value, drawer) if isinstance(value, dict) and value else UNFIT


def content(value: Any, drawer: Drawer) -> Any:
    """Any JSON, with placeholders translated in every text."""
    if type(value) is str:
        return translated(value, drawer)
    if type(value) is dict:
        return {key: content(item, drawer) for key, item in value.items()}
    if type(value) is list:
        return [content(item, drawer) for item in value]
    return value


def anything(value: Any, drawer: Drawer) -> Any:  # noqa: ARG001
    """The value as it is."""
    return value


def choice(words: Mapping[str, str]) -> Kind:
    """One of some words, by their legacy spellings in lower case."""

    def chosen(value: Any, drawer: Drawer) -> Any:  # noqa: ARG001
        return words.get(value.strip().lower(), UNFIT) if isinstance(value, str) else UNFIT

    return chosen


def same_words(*words: str) -> Kind:
    """One of these words, spelled the same."""
    return choice({word: word for word in words})


def _pairs(value: list[Any]) -> Any:
    """[{key|name|field, value}] as an object; anything else unchanged."""
    found: dict[str, Any] = {}
    for item in value:
        if not isinstance(item, dict) or len(item) != 2 or "value" not in item:
            return value
        key = item.get("key", item.get("name", item.get("field")))
        if not isinstance(key, str) or not key or key in found:
            return value
        found[key] = item["value"]
    return found
