"""Whether a text holds a word or a phrase as a whole: "no" is in "No, thanks!", and not in "I know the way".

A word is letters, marks, digits and underscores; an apostrophe between letters belongs to it ("don't"), and so does a
point or comma between digits ("2.5"). Signs such as emoji have no bounds, but one that others are joined to is a sign
of its own. Scripts that write without spaces have none between words either.
"""

import re
from collections.abc import Callable
from functools import lru_cache

import re2

from atlas_workflows.expressions import limits
from atlas_workflows.expressions.values import folded

_WORD = r"\p{L}\p{M}\p{N}\p{Pc}"
_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
_JOINER = "\u200d"  # makes one emoji of several
# Marks of direction, soft hyphens and what only says how a sign looks (its colour, text or picture) count for nothing.
_UNSEEN = re.compile(
    "[\u00ad\u061c\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u2069\ufe0e\ufe0f\ufeff\U0001f3fb-\U0001f3ff]"
)
_APOSTROPHES = str.maketrans({"\u2019": "'", "\u02bc": "'", "\uff07": "'"})

# What may stand before and after a phrase that begins or ends with a part of a word. RE2 cannot look around, so the
# bounds are read too; that is harmless, since only whether there is an occurrence is asked.
_BEFORE = rf"(?:^|[^{_WORD}'.,]|[{_UNSPACED}]|(?:^|[^{_WORD}])'|(?:^|[^\p{{N}}])[.,])"
_AFTER = rf"(?:[^{_WORD}'.,{_JOINER}]|[{_UNSPACED}]|'(?:$|[^{_WORD}])|[.,](?:$|[^\p{{N}}])|$)"
_BESIDE_A_SIGN = (rf"(?:^|[^{_JOINER}])", rf"(?:[^\p{{M}}{_JOINER}]|$)")


def holds_words(text: str, phrase: str, case_sensitive: bool = False) -> bool:
    """Whether the phrase stands in the text as whole words; a blank one, or one beyond the limit, stands nowhere."""
    if len(phrase) > limits.MAX_PATTERN_CHARACTERS:
        return False
    sought = _words(phrase, case_sensitive)
    return bool(sought) and _finder(sought)(_words(text, case_sensitive))


def _words(text: str, case_sensitive: bool) -> str:
    """The form that is searched: folded, one space between words, one kind of apostrophe, nothing unseen."""
    seen = _UNSEEN.sub("", folded(text, case_sensitive)).translate(_APOSTROPHES)
    return " ".join(seen.encode("utf-8", "replace").decode().split())


@lru_cache(maxsize=1024)
def _finder(phrase: str) -> Callable[[str], bool]:
    before = _BEFORE if _is_part_of_word(phrase[0]) else _BESIDE_A_SIGN[0]
    after = _AFTER if _is_part_of_word(phrase[-1]) else _BESIDE_A_SIGN[1]
    options = re2.Options()
    options.log_errors = False
    options.max_mem = limits.MAX_PATTERN_MEMORY
    pattern = re2.compile(before + re2.escape(phrase) + after, options)
    return lambda text: pattern.search(text) is not None


def _is_part_of_word(character: str) -> bool:
    return re2.fullmatch(rf"[{_WORD}]", character) is not None and not re2.fullmatch(
        rf"[{_UNSPACED}]", character
    )
