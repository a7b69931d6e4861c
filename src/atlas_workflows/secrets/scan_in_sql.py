r"""The first look for secrets as an SQL expression: true wherever `detection.may_hold_secret` is, and seldom elsewhere.

It is made of the same lists, so a form that is added there is looked for here. PostgreSQL's own engine takes the place of RE2:
repetitions are cut short and beginnings of words let go, which can only find more; case is folded letter by letter, because
the server would fold by the rules of the database (Turkish has no i in common with us); and what RE2 calls white space is
spelled out, because PostgreSQL's \s holds more, which would make the class of everything else too small.
"""

import re
import string
from collections.abc import Iterator

from psycopg.sql import SQL, Composable, Composed

from atlas_workflows.db.named import Named, Quoted
from atlas_workflows.secrets.detection import ESCAPE_HINTS, SECRET_HINTS

# Longer repetitions make the automaton larger, shorter ones find more of what is no secret.
_MOST_REPEATS = 12
_PIECES = re.compile(
    r"(?P<open>\(\?i?:)|(?P<set>\[\^?(?:\\.|[^\]\\])*\])|\\(?P<escape>.)|\{(?P<least>\d+)(?:,\d*)?\}\??"
    r"|(?P<repeat>[*+?])\??|(?P<sign>.)"
)
_MEMBERS = re.compile(r"\\(?P<class>[sS])|(?P<low>\\.|[^\\])(?:-(?P<high>\\.|[^\\\]]))?")
_SPACE = " \t\n\f\r"
# RE2 folds two letters beyond ASCII into an s and a k.
_ALSO = {"s": "\u017f", "k": "\u212a"}
_LETTERS = frozenset(string.ascii_letters)


def may_hold_secret(text: Composable) -> Composed:
    """Whether a text could hold a secret; false is certain."""
    return SQL("({} COLLATE {} ~ {})").format(text, Named("C"), Quoted(pattern()))


def pattern() -> str:
    """The expression of PostgreSQL that finds at least what RE2 finds with our hints."""
    return f"{loosened(SECRET_HINTS)}|{loosened(ESCAPE_HINTS)}"


def loosened(expression: bytes) -> str:
    """An expression for RE2 as PostgreSQL spells it."""
    return "".join(_loosened(expression.decode("ascii")))


def _loosened(expression: str) -> Iterator[str]:
    folds = [False]  # by open group
    for piece in _PIECES.finditer(expression):
        if piece["open"]:
            folds.append(folds[-1] or "i" in piece["open"])
            yield "(?:"
        elif piece["set"]:
            yield _set(piece["set"], folds=folds[-1])
        elif piece["escape"]:
            yield _escape(piece["escape"])
        elif piece["least"]:
            yield _repeated(int(piece["least"]))
        elif piece["repeat"]:
            yield piece["repeat"]
        else:
            if piece["sign"] == ")":
                folds.pop()
            yield _sign(piece["sign"], folds=folds[-1])


def _escape(sign: str) -> str:
    if sign == "b":
        return ""
    return rf"\{sign}"


def _repeated(least: int) -> str:
    return f"{{{min(least, _MOST_REPEATS)},}}" if least > 1 else "+" if least else "*"


def _sign(sign: str, *, folds: bool) -> str:
    return f"[{''.join(_cases(sign))}]" if folds and sign in _LETTERS else sign


def _cases(letter: str) -> Iterator[str]:
    yield from (letter.lower(), letter.upper(), _ALSO.get(letter.lower(), ""))


def _set(text: str, *, folds: bool) -> str:
    is_negated = text[1] == "^"
    members = "".join(_members(text[2:-1] if is_negated else text[1:-1], folds=folds))
    return f"[{'^' if is_negated else ''}{members}]"


def _members(text: str, *, folds: bool) -> Iterator[str]:
    for member in _MEMBERS.finditer(text):
        if member["class"]:
            yield from map(_in_set, _SPACE) if member["class"] == "s" else (r"\S",)
            continue
        low = member["low"][-1]
        high = (member["high"] or low)[-1]
        yield _range(low, high)
        if folds and low in _LETTERS:
            yield _range(low.swapcase(), high.swapcase())
            yield from (more for letter, more in _ALSO.items() if low.lower() <= letter <= high.lower())


def _range(low: str, high: str) -> str:
    return _in_set(low) if low == high else f"{_in_set(low)}-{_in_set(high)}"


def _in_set(sign: str) -> str:
    return sign if sign.isalnum() or sign in _SPACE else f"\\{sign}"
