"""`atlas schedule …` as a person or a script calls it: shapes, exit codes, and never a traceback."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.main import get_command
from typer.testing import CliRunner

from atlas_workflows.cli.schedule import app
from atlas_workflows.errors import AtlasError
from atlas_workflows.time_zones import TZDATA_VERSION

LONDON = ["--timezone", "Europe/London"]


def call(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def refusal(*arguments: str) -> AtlasError:
    """The one error that the program's entry point turns into a message and an exit code."""
    error = call(*arguments).exception
    assert isinstance(error, AtlasError), error
    assert error.exit_code == 2
    assert error.remedy
    return error


def test_next_as_json_has_exactly_the_agreed_shape() -> None:
    result = call(
        "next", "--cron", "0 2 * * *", *LONDON, "--from", "2026-03-28T12:00:00Z", "--count", "1", "--json"
    )
    assert json.loads(result.stdout) == {
        "occurrences": [
            {"at": "2026-03-29T01:00:00Z", "local": "2026-03-29T02:00:00+01:00", "adjustment": None}
        ],
        "tzdata": TZDATA_VERSION,
    }


def test_next_for_people_names_what_moved() -> None:
    result = call("next", "--cron", "*/30 * * * *", *LONDON, "--from", "2026-03-29T00:30", "--count", "2")
    assert result.exit_code == 0
    assert "Every 30 minutes" in result.stdout
    assert "gap" in result.stdout
    assert f"tzdata {TZDATA_VERSION}" in result.stdout


def test_policies_are_options(tmp_path: Path) -> None:
    hours = tmp_path / "hours.json"
    hours.write_text('{"mon": ["09:00-17:00"]}')
    result = call(
        "next", "--cron", "0 8 * * *", *LONDON, "--from", "2026-07-01", "--count", "1", "--json",
        "--business-hours", str(hours), "--holidays", "GB-ENG", "--gap", "skip", "--fold", "both",
    )  # fmt: skip
    (found,) = json.loads(result.stdout)["occurrences"]
    assert found == {
        "at": "2026-07-06T08:00:00Z",
        "local": "2026-07-06T09:00:00+01:00",
        "adjustment": "business_hours",
        "collapsed": 7,
    }


def test_a_bare_rule_counts_from_the_asked_time() -> None:
    result = call(
        "next",
        "--rrule",
        "FREQ=MONTHLY;BYDAY=-1FR",
        *LONDON,
        "--from",
        "2026-05-01T09:00",
        "--count",
        "2",
        "--json",
    )
    assert [each["local"] for each in json.loads(result.stdout)["occurrences"]] == [
        "2026-05-29T09:00:00+01:00",
        "2026-06-26T09:00:00+01:00",
    ]


def test_a_spec_file_with_options_over_it(tmp_path: Path) -> None:
    file = tmp_path / "spec.json"
    file.write_text(
        '{"every": {"amount": 2, "unit": "days", "anchor": "2026-01-01T09:00"}, "timezone": "UTC"}'
    )
    result = call("next", "--file", str(file), *LONDON, "--from", "2026-07-01", "--count", "1", "--json")
    assert json.loads(result.stdout)["occurrences"][0]["local"] == "2026-07-02T09:00:00+01:00"


def test_batch_answers_every_line_and_a_bad_one_costs_only_itself(tmp_path: Path) -> None:
    questions: list[Any] = [
        {"id": "a", "cron": "0 9 * * *", "timezone": "UTC", "from": "2026-01-01", "count": 2},
        {"id": "b", "cron": "0 0 31 2 *", "timezone": "UTC"},
        [1],
        {"spec": {"once": "2026-05-01T09:00Z", "timezone": "UTC"}, "from": "2026-01-01"},
        {"cron": "0 9 * * *", "timezone": "UTC", "count": 10**9},
        {"cron": "0 9 * * *", "timezone": "UTC", "from": "9999-12-31T23:59:59Z"},
        {"cron": "0 9 * * *", "timezone": "UTC", "from": 5},
    ]
    lines = [json.dumps(question) for question in questions] + ["{broken", "", '{"cron": "\xff"}']
    batch = tmp_path / "batch.jsonl"
    batch.write_bytes("\n".join(lines).encode("latin-1") + b"\n")
    result = call("next", "--batch", str(batch))
    assert result.exit_code == 0
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert [answer["line"] for answer in answers] == list(range(1, len(lines) + 1))
    assert [len(answer["occurrences"]) if "occurrences" in answer else None for answer in answers] == [
        2, None, None, 1, None, None, None, None, None, None,
    ]  # fmt: skip
    assert answers[1]["id"] == "b"
    fields = [answer["error"]["field"] for answer in answers if "error" in answer]
    assert fields == ["cron", "schedule", "count", "from", "from", None, None, None]


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (["--cron", "0 0 31 2 *", *LONDON], "cron"),
        (["--cron", "0 9 * * *", "--timezone", "Mars/Olympus"], "timezone"),
        (["--cron", "0 9 * * *"], "timezone"),
        (LONDON, "cron"),
        (["--cron", "0 9 * * *", "--rrule", "FREQ=DAILY", *LONDON], "cron"),
        (["--cron", "0 9 * * *", *LONDON, "--start", "2026-02-01", "--end", "2026-01-01"], "end"),
        (["--cron", "0 9 * * *", *LONDON, "--from", "yesterday"], "from"),
        (["--cron", "0 9 * * *", *LONDON, "--count", "0"], "count"),
        (["--cron", "0 9 * * *", *LONDON, "--gap", "fill"], "gap"),
        (["--cron", "0 9 * * *", *LONDON, "--holidays", "ZZ"], "holidays"),
        (["--cron", "*/5 * * * *", *LONDON, "--no-more-often-than-seconds", "900"], "cron"),
        (["--rrule", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=31", *LONDON], "rrule"),
    ],
)
def test_refusals_name_the_field(arguments: list[str], field: str) -> None:
    error = refusal("next", *arguments)
    assert error.attributes["field"] == field
    assert error.fact.startswith(f"{field}: ")


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"\xff\xfe", b'{"cron": ' * 5000, b"null", b'"0 9 * * *"']
)
def test_malformed_files_end_in_one_message(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "spec.json"
    file.write_bytes(content)
    for arguments in (
        ("next", "--file", str(file), *LONDON),
        ("describe", "--file", str(file), *LONDON),
        ("next", "--cron", "0 9 * * *", *LONDON, "--business-hours", str(file)),
    ):
        error = refusal(*arguments)
        assert "\n" not in error.fact
        assert str(file) in error.fact or "field" in error.attributes


def test_a_missing_file_ends_in_one_message(tmp_path: Path) -> None:
    for option, name in (("--file", "none.json"), ("--batch", "none.jsonl")):
        assert name in refusal("next", option, str(tmp_path / name)).fact


def test_describe() -> None:
    plain = call("describe", "--cron", "0 9 13 * fri", *LONDON)
    assert plain.stdout.strip() == "At 09:00 on day 13 of the month, or on Friday (Europe/London)."
    as_json = json.loads(call("describe", "--cron", "0 9 13 * fri", *LONDON, "--json").stdout)
    assert as_json == {"description": plain.stdout.strip(), "tzdata": TZDATA_VERSION}


def test_hostile_questions_end_within_seconds() -> None:
    began = time.process_time()
    refusal("next", "--rrule", "FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=30", *LONDON)
    refusal("next", "--cron", "9" * 100_000, *LONDON)
    assert call("next", "--cron", "* * * * *", *LONDON, "--count", "5000", "--json").exit_code == 0
    assert time.process_time() - began < 10


def test_the_group_has_these_commands() -> None:
    assert set(get_command(app).commands) == {"next", "describe", "calendar"}  # type: ignore[attr-defined]


def test_a_long_answer_is_printed_as_plain_lines() -> None:
    result = CliRunner().invoke(
        app, ["next", "--cron", "* * * * *", "--timezone", "UTC", "--from", "2026-03-27", "--count", "5000"]
    )
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert len(lines) == 5002
    assert lines[1] == "Fri 2026-03-27 00:00:00 +0000  2026-03-27T00:00:00Z"


def test_a_schedule_that_is_over_says_so() -> None:
    result = CliRunner().invoke(
        app, ["next", "--rrule", "FREQ=DAILY;UNTIL=20260101", "--timezone", "UTC", "--from", "2026-03-27"]
    )
    assert "It does not fire any more." in result.stdout


def test_help_says_that_business_hours_are_a_file_and_shows_one(tmp_path: Path) -> None:
    for command in ("next", "describe"):
        (option,) = (
            each for each in get_command(app).commands[command].params if each.name == "business_hours"
        )  # type: ignore[attr-defined]
        assert option.metavar == "FILE"
        shown = option.help[option.help.index("{") : option.help.index("}") + 1]
        hours = tmp_path / "hours.json"
        hours.write_text(shown)
        result = call(command, "--cron", "0 8 * * *", *LONDON, "--business-hours", str(hours))
        assert result.exit_code == 0, result.output
        assert "moved to the next opening" in " ".join(result.output.split())
