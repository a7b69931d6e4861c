"""Whole words: where a keyword stands in a text, and where it is only a part of another word."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlas_workflows.expressions.words import holds_words

PIECES = st.text(max_size=6) | st.sampled_from(
    ("no", "'", "\u2019", ".", ",", "\u200d", "\U0001f44d", "\u0301", "\ud800", "2", "\u4e0d", " ")
)
TEXTS = st.lists(PIECES, max_size=6).map("".join)


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("No, thanks!", "no"),
        ("no", "no"),
        ("I said NO.", "no"),
        ("(no)", "no"),
        ("'no'", "no"),
        ("yes/no", "no"),
        ("no-show", "no"),
        ("Jad\u0119 do \u0141odzi, \u0141\xd3D\u0179!", "\u0142\xf3d\u017a"),
        ("\U0001f44d\U0001f44d ok", "\U0001f44d"),
        ("ok\U0001f44d", "ok"),
        ("\U0001f44d\U0001f3fd", "\U0001f44d"),
        ("I don\u2019t know", "don't"),
        ("cancel  my\nclass please", "cancel my class"),
        (
            "\u0623\u0631\u064a\u062f \u0625\u0644\u063a\u0627\u0621 \u0627\u0644\u0627\u0634\u062a\u0631\u0627\u0643",
            "\u0625\u0644\u063a\u0627\u0621",
        ),
        ("\u200f\u05dc\u05d0\u200f, \u05ea\u05d5\u05d3\u05d4", "\u05dc\u05d0"),
        ("\u6211\u60f3\u53d6\u6d88\u8bfe\u7a0b", "\u53d6\u6d88"),
        ("2.5 kg", "2.5"),
        ("room 2.", "2"),
        ("a,2,b", "2"),
        (
            "\u0e02\u0e2d\u0e22\u0e01\u0e40\u0e25\u0e34\u0e01\u0e04\u0e25\u0e32\u0e2a",
            "\u0e22\u0e01\u0e40\u0e25\u0e34\u0e01",
        ),
        ("STRASSE", "stra\xdfe"),
        ("no\xa0way", "no way"),
        ("#stop now", "#stop"),
        ("$50!", "$50"),
        ("Zoe\u0308 x", "zo\xeb"),
        ("no.thanks", "no"),
        ("don''no", "no"),
    ],
)
def test_a_whole_word_is_found(text: str, phrase: str) -> None:
    assert holds_words(text, phrase)


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("I know the way", "no"),
        ("noon", "no"),
        ("anno", "no"),
        ("no_show", "no"),
        ("don't", "don"),
        ("don't", "t"),
        ("rock'n'roll", "n"),
        ("2.5", "2"),
        ("2.5", "5"),
        ("12", "2"),
        ("\U0001f469\u200d\U0001f4bb", "\U0001f469"),
        ("\U0001f469\u200d\U0001f4bb", "\U0001f4bb"),
        ("\u0141\xf3d\u017aka", "\u0142\xf3d\u017a"),
        ("x", "  "),
        ("x", ""),
        ("\u0625\u0644\u063a\u0627\u0621\u0627\u062a", "\u0625\u0644\u063a\u0627\u0621"),
        ("no1", "no"),
        ("cancel class", "cancel my class"),
        ("no\u0301", "no"),
        ("$500", "$50"),
        ("stopp", "stop"),
    ],
)
def test_a_part_of_another_word_is_not(text: str, phrase: str) -> None:
    assert not holds_words(text, phrase)


@given(TEXTS, TEXTS)
def test_any_text_can_be_asked_for_in_any_text(text: str, phrase: str) -> None:
    assert holds_words(text, phrase) in (True, False)


@given(st.text("abcxyz", min_size=1, max_size=9), TEXTS)
def test_a_word_stands_wherever_blanks_surround_it_and_nowhere_inside_letters(word: str, around: str) -> None:
    assert holds_words(f"{around} {word.upper()} {around}", word)
    assert not holds_words(f"x{word}x", word)


def test_case_counts_where_it_is_asked_for() -> None:
    assert holds_words("Say NO", "no")
    assert not holds_words("Say NO", "no", case_sensitive=True)


@pytest.mark.parametrize(
    ("text", "phrase"),
    [("a" * 1_000_000, "a" * 999), ("no" * 500_000, "no"), ("x " * 500_000, "x y"), ("1." * 500_000, "1"), ("\u00df" * 9_000, "\u0390" * 1_000)],
)  # fmt: skip
def test_it_takes_linear_time(text: str, phrase: str) -> None:
    start = time.process_time()
    assert not holds_words(text, phrase)
    assert time.process_time() - start < 3


def test_a_phrase_beyond_the_limit_stands_nowhere() -> None:
    assert not holds_words("a" * 2_000, "a" * 2_000)
