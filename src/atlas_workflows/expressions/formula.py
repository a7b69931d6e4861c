"""Small formulas such as `round(contact.score * 1.5, 1)`: exact decimals, a few functions, no eval."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Context, Decimal, DecimalException
from functools import lru_cache
from typing import Any

from atlas_workflows.errors import ExpressionFailed, ExpressionInvalid
from atlas_workflows.expressions import limits
from atlas_workflows.expressions.functions import FUNCTIONS
from atlas_workflows.expressions.moment import Moment, When, moment, when
from atlas_workflows.expressions.paths import Scope, compile_path, parse_path
from atlas_workflows.expressions.values import Number, ValueKind, kind_of, number

Computed = Callable[[Scope, Moment], Any]

_PATH = r"""[^\W\d]\w*(?:\.[^\W\d]\w*|\.[0-9]+|\[(?:[0-9]+|"[^"\\\]]*"|'[^'\\\]]*')\])*"""
_TOKEN = re.compile(
    rf"""\s*(?:(?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{{1,3}})?)|\{{\{{(?P<braced>[^{{}}|]+)\}}\}}"""
    rf"""|(?P<path>{_PATH})|(?P<text>"[^"\\]*"|'[^'\\]*')|(?P<symbol>[-+*/%(),]))\s*"""
)
# Exact for anything below this many digits; a division is rounded there.
_ARITHMETIC = Context(prec=100, Emax=9_999, Emin=-9_999)
_UNUSABLE = frozenset({ValueKind.MISSING, ValueKind.NULL, ValueKind.OTHER})
_DAY = timedelta(days=1)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    position: int


def calculate(text: str, scope: Scope, *, now: datetime, timezone: Any = "UTC") -> Any:
    """The value of a formula: int or Decimal, or an aware datetime.

    Raises ExpressionInvalid for a formula that cannot be read, ExpressionFailed where the data gives no result.
    """
    return parse_formula(text)(scope, moment(now, timezone))


@lru_cache(maxsize=1024)
def parse_formula(text: str) -> Computed:
    """A function from scope and moment to the formula's value; raises ExpressionInvalid naming the place."""
    limits.refuse_beyond(limits.MAX_FORMULA_CHARACTERS, "MAX_FORMULA_CHARACTERS", len(text), "The formula")
    parser = _Parser(text, _tokens(text))
    computed = parser.sum(0)
    parser.expect_end()
    return lambda scope, at: _result(computed(scope, at))


def formula_references(text: str) -> tuple[str, ...]:
    """The paths a formula reads, each once, in order."""
    tokens = _tokens(text)
    following = [token.text for token in tokens[1:]] + [""]
    paths = (t.text for t, after in zip(tokens, following, strict=True) if t.kind == "path" and after != "(")
    return tuple(dict.fromkeys(paths))


def rename_references(text: str, rename: Callable[[str], str]) -> str:
    """The same formula with every path replaced by `rename(path)`; raises ExpressionInvalid like `parse_formula`."""
    limits.refuse_beyond(limits.MAX_FORMULA_CHARACTERS, "MAX_FORMULA_CHARACTERS", len(text), "The formula")
    tokens = _tokens(text)
    following = [token.text for token in tokens[1:]] + [""]
    pieces = (
        rename(token.text) if token.kind == "path" and after != "(" else token.text
        for token, after in zip(tokens, following, strict=True)
    )
    return " ".join(pieces)


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise _invalid(text, position)
        kind = match.lastgroup or ""
        tokens.append(_Token("path" if kind == "braced" else kind, match[kind].strip(), match.start(kind)))
        position = match.end()
    return tokens


class _Parser:
    """Recursive descent: sum := product (± product)*, product := factor (*/% factor)*, factor := ± atom."""

    def __init__(self, text: str, tokens: list[_Token]) -> None:
        self.text = text
        self.tokens = tokens
        self.index = 0

    def sum(self, depth: int) -> Computed:
        limits.refuse_beyond(
            limits.MAX_FORMULA_DEPTH, "MAX_FORMULA_DEPTH", depth, "The nesting of the formula"
        )
        return self._chain(self._product, "+-", depth)

    def expect_end(self) -> None:
        if self.index < len(self.tokens):
            raise _invalid(self.text, self.tokens[self.index].position)

    def _product(self, depth: int) -> Computed:
        return self._chain(self._factor, "*/%", depth)

    def _chain(self, operand: Callable[[int], Computed], symbols: str, depth: int) -> Computed:
        first = operand(depth)
        rest: list[tuple[str, Computed]] = []
        while (symbol := self._take_symbol(symbols)) is not None:
            rest.append((symbol, operand(depth)))
        return _folded(first, rest) if rest else first

    def _factor(self, depth: int) -> Computed:
        if self._take_symbol("-") is not None:
            limits.refuse_beyond(
                limits.MAX_FORMULA_DEPTH, "MAX_FORMULA_DEPTH", depth, "The nesting of the formula"
            )
            inner = self._factor(depth + 1)
            return lambda scope, at: _apply("-", 0, inner(scope, at))
        return self._atom(depth)

    def _atom(self, depth: int) -> Computed:
        if self._take_symbol("(") is not None:
            inner = self.sum(depth + 1)
            self._require(")")
            return inner
        token = self._take()
        if token.kind == "number":
            value = _literal(token.text)
            return lambda _scope, _at: value
        if token.kind == "text":
            text = token.text[1:-1]
            return lambda _scope, _at: text
        if token.kind == "path":
            return self._call(token, depth) if self._take_symbol("(") is not None else _variable(token.text)
        raise _invalid(self.text, token.position)

    def _call(self, name: _Token, depth: int) -> Computed:
        function = FUNCTIONS.get(name.text.lower())
        if function is None:
            raise ExpressionInvalid(
                f"There is no function {name.text!r}.", remedy=f"Use one of {', '.join(sorted(FUNCTIONS))}."
            )
        arguments: list[Computed] = []
        if self._take_symbol(")") is None:
            arguments.append(self.sum(depth + 1))
            while self._take_symbol(",") is not None:
                arguments.append(self.sum(depth + 1))
            self._require(")")
        return lambda scope, at: function([argument(scope, at) for argument in arguments], at)

    def _take(self) -> _Token:
        if self.index == len(self.tokens):
            raise _invalid(self.text, len(self.text))
        self.index += 1
        return self.tokens[self.index - 1]

    def _take_symbol(self, symbols: str) -> str | None:
        if self.index < len(self.tokens):
            token = self.tokens[self.index]
            if token.kind == "symbol" and token.text in symbols:
                self.index += 1
                return token.text
        return None

    def _require(self, symbol: str) -> None:
        if self._take_symbol(symbol) is None:
            raise _invalid(
                self.text,
                self.tokens[self.index].position if self.index < len(self.tokens) else len(self.text),
            )


def _literal(text: str) -> Number:
    value = number(text)
    if value is None:
        raise ExpressionInvalid(f"{text[:40]} is not a number.", remedy="Use fewer digits.")
    return value


def _variable(text: str) -> Computed:
    path = parse_path(text)
    get = compile_path(path)

    def read(scope: Scope, at: Moment) -> Any:
        value = at.now if path == ("now",) else get(scope)
        if kind_of(value) in _UNUSABLE:
            raise ExpressionFailed(
                f"{text} has no value.", remedy="Set it before, or guard with a condition.", path=text
            )
        return value

    return read


def _folded(first: Computed, rest: list[tuple[str, Computed]]) -> Computed:
    def compute(scope: Scope, at: Moment) -> Any:
        total = first(scope, at)
        for symbol, operand in rest:
            total = _apply(symbol, total, operand(scope, at), at)
        return total

    return compute


def _apply(symbol: str, left: Any, right: Any, at: Moment | None = None) -> Any:
    first, second = number(left), number(right)
    if first is not None and second is not None:
        return _calculated(symbol, Decimal(first), Decimal(second))
    if at is not None and symbol in "+-":
        shifted = _date_result(symbol, when(left, at), second, when(right, at))
        if shifted is not None:
            return shifted
    wrong = left if first is None else right
    raise ExpressionFailed(
        f"{str(wrong)[:80]!r} is not a number.", remedy=f"Only numbers (and days) go with {symbol!r}."
    )


def _calculated(symbol: str, left: Decimal, right: Decimal) -> Decimal:
    try:
        match symbol:
            case "+":
                return _ARITHMETIC.add(left, right)
            case "-":
                return _ARITHMETIC.subtract(left, right)
            case "*":
                return _ARITHMETIC.multiply(left, right)
            case "/":
                return _ARITHMETIC.divide(left, right)
            case _:
                return _ARITHMETIC.remainder(left, right)
    except DecimalException as cause:
        what = "A division by zero" if right == 0 else "A result beyond 9,999 digits"
        raise ExpressionFailed(f"{what} in a formula.", remedy="Guard the node with a condition.") from cause


def _date_result(symbol: str, left: When | None, days: Number | None, right: When | None) -> Any:
    if left is None:
        return None
    try:
        if days is not None:
            shift = timedelta(days=float(days))
            return left.instant + shift if symbol == "+" else left.instant - shift
        if right is not None and symbol == "-":
            return Decimal((left.instant - right.instant) // _MICROSECOND) / Decimal(_DAY // _MICROSECOND)
    except OverflowError as cause:
        raise ExpressionFailed("A date beyond the year 9999.", remedy="Use fewer days.") from cause
    return None


def _result(value: Any) -> Any:
    """Whole numbers as int, so that 6 / 2 is 3 in JSON too; text that spells a number as that number."""
    exact = number(value)
    if not isinstance(exact, Decimal):
        return value if exact is None else exact
    if exact == exact.to_integral_value() and exact.adjusted() < limits.MAX_NUMBER_DIGITS:
        return int(exact)
    try:
        return exact.normalize(_ARITHMETIC)
    except DecimalException as cause:
        raise ExpressionFailed("A number beyond 9,999 digits.", remedy="Scale it.") from cause


def _invalid(text: str, position: int) -> ExpressionInvalid:
    return ExpressionInvalid(
        f"The formula {text[:80]!r} cannot be read from character {position + 1} on.",
        remedy="Use numbers, paths, + - * / %, parentheses and the listed functions.",
        position=position,
    )
