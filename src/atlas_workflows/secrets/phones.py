"""Hides phone numbers, however they are written and glued to words, and leaves the ordinary numbers of an error alone."""

import re

HIDDEN = "•••"
# 9 to 15 digits, with up to three separators between two of them: "(555) 123-4567", "+44 (0)20 7946 0958", "0171/123456".
_APART = r"[\s().\-/\u2010-\u2015]{0,3}"
_PHONE = rf"(?P<begin>\+?(?<!\d)\d)(?:{_APART}\d){{6,12}}{_APART}(?P<end>\d{{2}})(?!\d)"
# Taken first, so that they stay and a number behind them does not: dates, UUIDs.
_DATE = r"(?<![\w+-])(?:19|20)\d{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?![\d-])"
_UUID = r"(?<![0-9A-Za-z])[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(?![0-9A-Za-z])"
_LOOKED_AT = re.compile(f"{_UUID}|{_DATE}|{_PHONE}")
_ADDRESS = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
_DECIMAL = re.compile(r"\d+\.\d+")
# What is said of a number that counts or names something.
_COUNTS_BEFORE = re.compile(
    r"(?:^|[^A-Za-z])(?:value|integer|bigint|numeric|id|oid|key|size|offset|range|line|position|bytes|rows?|count|limit|version|xid|lsn|pid|epoch"
    r"|timestamp|sequence|at|after|of|than|took|got|about|up to)[^A-Za-z0-9]{1,4}$",
    re.IGNORECASE,
)
_COUNTS_AFTER = re.compile(
    r"\s?(?:ms|us|ns|s|sec|seconds?|minutes?|bytes?|[kMGT]i?B|rows?|workflows?|executions?|steps?|characters|times"
    r"|is out of range|out of range|exceeds|/\s?\d)\b"
)
_CALLED = re.compile(
    r"(?:phone|tel|telephone|mobile|cell|call|fax|sms|whatsapp|handy|msisdn)[^A-Za-z0-9]{0,4}$", re.IGNORECASE
)
_HEX_BEFORE, _HEX_AFTER = (
    re.compile(r"[0-9A-Fa-f-]*[A-Fa-f][0-9A-Fa-f-]*$"),
    re.compile(r"[A-Fa-f]+(?![A-Za-z])"),
)
_LETTERS_BEFORE = re.compile(r"[A-Za-z]+$")
_NATIONAL = re.compile(r"1?[2-9]\d{9}")
# The ends of the ranges of integers, which errors speak of.
_ENDS = frozenset({"2147483647", "2147483648", "4294967295", "4294967296"})
_LONGEST_GROUP = 4


def hide_phones(text: str) -> str:
    """The text with every phone number hidden but for its first and last digits."""
    return _LOOKED_AT.sub(_hidden, text)


def _hidden(match: re.Match[str]) -> str:
    if not match["begin"] or not _is_phone(match):
        return match.group()
    return f"{match['begin']}{HIDDEN}{match['end']}"


def _is_phone(match: re.Match[str]) -> bool:
    number, text = match.group(), match.string
    before, after = text[max(0, match.start() - 24) : match.start()], text[match.end() : match.end() + 24]
    if _ADDRESS.fullmatch(number) or _DECIMAL.fullmatch(number) or _is_part_of_a_word(before, after):
        return False
    if (
        number[0] in "+0"
        or before.endswith("+")
        or (before.endswith("(") and ")" in number)
        or _CALLED.search(before)
    ):
        return True
    if _COUNTS_BEFORE.search(before) or _COUNTS_AFTER.match(after) or number in _ENDS:
        return False
    groups = re.findall(r"\d+", number)
    if len(groups) == 1:
        return _is_bare_phone(number) and not _LETTERS_BEFORE.search(before)
    return max(map(len, groups)) <= _LONGEST_GROUP or "+" in before


def _is_part_of_a_word(before: str, after: str) -> bool:
    """Of a hexadecimal number, or of a longer decimal one; a word of people's ends in other letters."""
    if before[-1:] == "." and before[-2:-1].isdigit():
        return True
    hex_before = _HEX_BEFORE.search(before)
    letters = _LETTERS_BEFORE.search(before)
    if hex_before and (letters is None or hex_before.start() <= letters.start()) and len(hex_before[0]) < 24:
        return not _is_word(before, hex_before.start())
    return _HEX_AFTER.match(after) is not None


def _is_word(text: str, at: int) -> bool:
    return at > 0 and text[at - 1].isalpha()


def _is_bare_phone(number: str) -> bool:
    """Digits alone: a number of North America, or one with its country before it; no instant in (milli)seconds."""
    if _NATIONAL.fullmatch(number):
        return True
    return len(number) in (11, 12, 13) and number[0] != "1"
