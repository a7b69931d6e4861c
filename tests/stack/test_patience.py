"""An approval is answered once it stood for as long as a person takes, and twice as long each time that it is asked again."""

from hypothesis import given
from hypothesis import strategies as st

from atlas_workflows.supervision.patience import PERSON_SECONDS, Patience

A_LOOK = 0.5  # seconds from one to the next


def _answers(asked: list[bool]) -> list[int]:
    """At which of these looks it is answered."""
    patience = Patience()
    return [at for at, is_asked in enumerate(asked) if patience.is_over(is_asked=is_asked, now=at * A_LOOK)]


def test_a_question_stands_as_long_as_a_person_takes() -> None:
    assert _answers([False] * 3 + [True] * 9) == [3 + int(PERSON_SECONDS / A_LOOK)]


def test_a_lost_answer_is_given_again_after_twice_as_long_each_time() -> None:
    first, second, third = _answers([True] * 60)
    took = (first, second - first - 1, third - second - 1)
    assert [steps * A_LOOK for steps in took] == [PERSON_SECONDS, 2 * PERSON_SECONDS, 4 * PERSON_SECONDS]


def test_the_clock_begins_anew_where_the_question_went_and_came_again() -> None:
    assert _answers([True] * 8 + [False] + [True] * 8) == []


def test_a_question_that_was_there_when_the_clock_began_counts_from_there() -> None:
    patience = Patience()
    assert not patience.is_over(is_asked=True, now=0.0)
    assert patience.is_over(is_asked=True, now=PERSON_SECONDS)


@given(st.lists(st.booleans(), max_size=200))
def test_nothing_is_answered_that_is_not_asked_or_only_began_to_be(asked: list[bool]) -> None:
    for at in _answers(asked):
        assert all(asked[at - int(PERSON_SECONDS / A_LOOK) : at + 1])
