"""What a report may and may not show."""

import csv
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pandas
import pytest

from atlas_workflows.exact_json import loads
from atlas_workflows.migration.movement.dry_run import DryRunFindings
from atlas_workflows.migration.report.collect import MOST_KEYS, ReportData, from_findings
from atlas_workflows.migration.report.files import Places, write_report
from atlas_workflows.migration.report.words import in_words, lines_of
from atlas_workflows.migration.request import RunOptions, Scope
from atlas_workflows.migration.runs.records import RunRow, StepRow
from atlas_workflows.validation.key_files import export_keys
from atlas_workflows.validation.results import ExpectationResult, Status
from packed_rows import packed

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
RUN = RunRow(
    UUID(int=1), "p1_database", "succeeded", Scope(), RunOptions(), AT, AT, "Ada", {},
    "mail to jane.doe@example.com failed",
)  # fmt: skip


def row(number: int, outcome: str, table: str = "workflows") -> dict[str, object]:
    change = {
        "code": "WAIT_CAP_REMOVED",
        "field": "nodes[1]",
        "before": {"kind": "duration", "amount": 5, "unit": "minutes"},
        "after": "<b>2 days</b>",
        "message": "It lasts.",
    }
    reason = {"code": "LOAD_REFUSED", "field": None, "message": "Refused."}
    return {
        "table": table, "id": str(UUID(int=number)), "organization_id": str(UUID(int=7)), "outcome": outcome,
        "reasons": [reason] if outcome == "quarantined" else [], "changes": [change] if outcome == "migrated" else [],
    }  # fmt: skip


def data() -> ReportData:
    workflows = (row(1, "migrated"), row(2, "quarantined"), row(3, "migrated_with_warnings"))
    return ReportData(
        run=RUN,
        totals={"workflows": {"migrated": 1, "quarantined": 1, "migrated_with_warnings": 1}, "workflow_queue": {"archived": 2}},
        workflows=workflows,
        others=iter([row(9, "archived", "workflow_queue")]),
        names={str(UUID(int=1)): "Welcome <script>"},
        organizations={str(UUID(int=7)): "Gym </script>"},
        certificates=({"organization_id": str(UUID(int=7)), "run_id": str(RUN.id), "phase": "p1_database", "issued_at": AT},),
        steps=(StepRow(1, "reconcile", "passed", AT, AT, {"differences": 0, "organizations": 1, "pending": 0}, None),),
    )  # fmt: skip


def written(folder: Path, told: ReportData) -> Places:
    """The report of a run whose own folder it is."""
    places = Places.alone(folder / str(RUN.id))
    write_report(places, told)
    return places


def test_cells_that_a_spreadsheet_would_execute_are_texts(tmp_path: Path) -> None:
    ids = ("=HYPERLINK(1)", "+1+2", "@SUM(1)", "-5", "+5.5", "\t=1", "-", "", "a=b")
    found = ExpectationResult(
        "s", "b", "e", None, "critical", Status.FAILED, "why", keys=tuple({"source_id": item} for item in ids)
    )  # fmt: skip
    file = export_keys(tmp_path, found)
    assert file is not None
    with file.open(newline="") as opened:
        cells = [row["source_id"] for row in csv.DictReader(opened)]
    assert cells == ["'=HYPERLINK(1)", "'+1+2", "'@SUM(1)", "-5", "+5.5", "'\t=1", "'-", "", "a=b"]
    assert tuple(pandas.read_parquet(file.with_suffix(".parquet"))["source_id"]) == ids


def test_the_json_is_what_the_contract_says(tmp_path: Path) -> None:
    folder = written(tmp_path, data()).folder
    report = loads((folder / "report.json").read_text())
    assert report["counts"] == {"migrated": 1, "migrated_with_warnings": 1, "quarantined": 1, "skipped": 0}
    assert [item["outcome"] for item in report["rows"]] == [
        "migrated",
        "quarantined",
        "migrated_with_warnings",
    ]
    assert set(report["rows"][1]) >= {"table", "id", "organization_id", "outcome", "reasons"}
    assert report["rows"][1]["reasons"] == [{"code": "LOAD_REFUSED", "field": None, "message": "Refused."}]
    assert [item["table"] for item in report["other_rows"]] == ["workflow_queue"]
    assert report["tables"]["workflow_queue"]["total"] == 2
    assert report["quarantined_rows"] == 1
    assert list(folder.glob("*.part")) == []


def test_personal_data_is_masked_and_markup_is_text(tmp_path: Path) -> None:
    folder = written(tmp_path, data()).folder
    page = (folder / "report.html").read_text()
    rows = packed(page)
    assert "jane.doe@example.com" not in (folder / "report.json").read_text() + page + str(rows)
    assert "<b>2 days</b>" not in page
    assert "<script>" not in page
    assert page.count("</script>") == page.count("<script ")
    assert "WAIT_CAP_REMOVED" in page
    assert "http" not in page  # nothing is fetched from anywhere
    assert [(row.get("name"), row["outcome"]) for row in rows] == [
        ("Welcome <script>", "migrated"), (None, "quarantined"), (None, "migrated_with_warnings"), (None, "archived"),
    ]  # fmt: skip


def test_a_report_without_rows_is_whole(tmp_path: Path) -> None:
    folder = written(tmp_path, ReportData(run=RUN, totals={}, workflows=(), others=())).folder
    report = loads((folder / "report.json").read_text())
    assert (report["rows"], report["other_rows"], sum(report["counts"].values())) == ([], [], 0)
    page = (folder / "report.html").read_text()
    assert "Nothing that a customer would notice" in page
    assert packed(page) == []


RULE = {
    "suite": "s", "batch": "workflows", "column": "name", "expectation": "e", "why": "a workflow has no name",
    "severity": "warning", "status": "failed", "observed": {"element_count": 3000, "unexpected_percent": 2.5},
    "error": None, "unexpected_count": 75, "failing_keys_file": "/elsewhere/failing_keys/s.workflows.e.name.csv",
    "first_keys": [{"table": "workflows", "id": f"w{number}", "organization_id": None} for number in range(MOST_KEYS)],
}  # fmt: skip


def test_rules_differences_and_certificates_are_linked_where_they_lie(tmp_path: Path) -> None:
    own = tmp_path / str(RUN.id)
    certificate = own / "certificates" / f"{UUID(int=7)}.json"
    keys = own / "failing_keys" / "s.workflows.e.name.csv"
    for file in (certificate, keys):
        file.parent.mkdir(parents=True)
        file.write_text("")
    told = {name: getattr(data(), name) for name in ReportData.__slots__} | {"validation": (RULE,)}
    passed = {**RULE, "status": "passed", "first_keys": [], "failing_keys_file": None, "why": "it is so"}
    written(tmp_path, ReportData(**told | {"validation": (RULE, passed)}))
    page = (own / "report.html").read_text()
    assert "no differences" in page
    assert f'href="certificates/{certificate.name}"' in page
    assert 'href="failing_keys/s.workflows.e.name.csv"' in page
    assert "The first 50 of 75 failing keys" in page
    for said in (
        "a workflow has no name",
        "it is so",
        "<code>w49</code>",
        "element count: 3,000",
        "Gym &lt;/script&gt;",
    ):
        assert said in page
    elsewhere = Places(tmp_path / "look" / "here", own, tmp_path)
    write_report(elsewhere, data())
    report = loads((elsewhere.folder / "report.json").read_text())
    assert report["certificates"][0]["file"] == f"../../{RUN.id}/certificates/{certificate.name}"


def test_differences_are_shown_with_what_they_mean(tmp_path: Path) -> None:
    item = {
        "kind": "NODE_LOST", "table": "workflows", "id": "w1", "organization_id": str(UUID(int=7)), "column": "nodes",
        "detail": "n2", "meaning": "A node is lost.",
    }  # fmt: skip
    step = StepRow(1, "reconcile", "failed", AT, AT, {"differences": 80, "organizations": 3, "pending": 2, "first_differences": [item]}, "x")  # fmt: skip
    folder = written(tmp_path, ReportData(run=RUN, totals={}, workflows=(), others=(), steps=(step,))).folder
    page = (folder / "report.html").read_text()
    for said in (
        "80 differences",
        "A node is lost.",
        "NODE_LOST",
        "The first 1 are shown",
        "2 rows were still to be",
    ):
        assert said in page


def test_a_dry_run_shows_its_rules_and_steps(tmp_path: Path) -> None:
    keys = tuple(
        {"source_table": "workflows", "source_id": str(number), "organization_id": None}
        for number in range(60)
    )
    result = ExpectationResult(
        "s", "workflows", "e", "name", "warning", Status.FAILED, "no name", {}, 60, keys
    )
    step = StepRow(1, "inspect", "passed", None, None, {"expectations": 1}, None)
    folder = written(tmp_path, from_findings(RUN, DryRunFindings(), steps=[step], checked=[result])).folder
    report = loads((folder / "report.json").read_text())
    assert [rule["why"] for rule in report["validation"]] == ["no name"]
    assert len(report["validation"][0]["first_keys"]) == MOST_KEYS
    assert [step["kind"] for step in report["steps"]] == ["inspect"]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("5 minutes", "5 minutes"),
        (None, "nothing"),
        ({"kind": "duration", "amount": 2, "unit": "days"}, "2 days"),
        ({"kind": "duration", "amount": 1, "unit": "hours", "business_hours_only": True}, "1 hour, in business hours only"),
        ({"kind": "until", "at": "2026-03-01", "offset": {"amount": -3, "unit": "days"}}, "until 2026-03-01, 3 days before"),
        ({"kind": "time_of_day", "time": "09:00", "days": ["mon", "fri"], "timezone": "Europe/Berlin"},
         "until it is 09:00 on Monday, Friday (Europe/Berlin)"),
        ({"kind": "until_event", "events": [{"type": "a"}, {"type": "b"}], "timeout": {"amount": 2, "unit": "weeks"}},
         "until a or b comes, at most 2 weeks"),
        ({"kind": "until_condition", "condition": {}}, "until a condition holds, however long"),
        ({"kind": "business_hours"}, "until the next opening"),
        ({"cron": "0 9 * * 1-5", "timezone": "UTC"}, "At 09:00 on Monday to Friday (UTC)."),
        ({"field_value": "", "answer": True, "engine": "old"}, "yes for an empty text by the engine old"),
        ({"kind": "nothing known"}, '{"kind":"nothing known"}'),
        (["a"], '["a"]'),
        ("x" * 400, "x" * 300 + "…"),
    ],
)  # fmt: skip
def test_waits_and_schedules_are_said_in_words(value: Any, said: str) -> None:
    assert in_words(value) == said


def test_what_a_step_found_is_said_line_by_line() -> None:
    summary = {
        "differences": 0, "tables": {"workflows": {"migrated": 1200}}, "warnings": [f"w{n}" for n in range(14)], "stops": [],
    }  # fmt: skip
    said = list(lines_of(summary))
    assert said[:3] == ["differences: 0", "tables: workflows (migrated 1,200)", "warnings: 14"]
    assert said[-2:] == ["  and 2 more", "stops: none"]
