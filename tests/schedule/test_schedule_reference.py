"""The reference page's generated parts hold what the code says."""

import pytest

from atlas_workflows.errors import InputError
from atlas_workflows.schedule.dialects import DEVIATIONS
from atlas_workflows.schedule.reference import fill_page
from atlas_workflows.schedule.spec import ScheduleSpec
from atlas_workflows.settings import ROOT

PAGE = (ROOT / "docs" / "reference" / "schedules.md").read_text()


def test_the_page_is_not_stale_and_filling_it_again_changes_nothing() -> None:
    assert fill_page(PAGE) == PAGE


def test_every_field_every_kind_of_wait_and_every_deviation_is_on_the_page() -> None:
    for name in ScheduleSpec.model_fields:
        assert f"| `{name}` |" in PAGE
    for kind in (
        "duration",
        "until",
        "time_of_day",
        "until_event",
        "until_condition",
        "business_hours",
        "dynamic",
    ):
        assert f"**`{kind}`**" in PAGE
    assert all(f"| `{each.expression}` | {each.theirs} |" in PAGE for each in DEVIATIONS)


def test_a_part_that_nothing_makes_is_an_error() -> None:
    with pytest.raises(InputError, match="nonsense"):
        fill_page("<!-- generated: nonsense -->\n<!-- end -->")
