"""What a report may and may not show."""

import csv
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pandas

from atlas_workflows.exact_json import loads
from atlas_workflows.migration.checks.keep import export_keys
from atlas_workflows.migration.report.collect import ReportData
from atlas_workflows.migration.report.files import write_report
from atlas_workflows.migration.request import RunOptions, Scope
from atlas_workflows.migration.runs.records import RunRow
from atlas_workflows.validation.results import ExpectationResult, Status

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
RUN = RunRow(
    UUID(int=1), "p1_database", "succeeded", Scope(), RunOptions(), AT, AT, "Ada", {},
    "mail to jane.doe@example.com failed",
)  # fmt: skip


def row(number: int, outcome: str, table: str = "workflows") -> dict[str, object]:
    change = {
        "code": "WAIT_CAP_REMOVED",
        "field": "nodes[1]",
        "before": "5 minutes",
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
    )  # fmt: skip


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
    write_report(tmp_path, data())
    report = loads((tmp_path / "report.json").read_text())
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
    assert list(tmp_path.glob("*.part")) == []


def test_personal_data_is_masked_and_markup_is_text(tmp_path: Path) -> None:
    write_report(tmp_path, data())
    both = (tmp_path / "report.json").read_text() + (tmp_path / "report.html").read_text()
    assert "jane.doe@example.com" not in both
    page = (tmp_path / "report.html").read_text()
    assert "<b>2 days</b>" not in page
    assert "<script>" not in page
    assert "WAIT_CAP_REMOVED" in page
    assert "http" not in page.replace("http-equiv", "")  # nothing is fetched from anywhere


def test_a_report_without_rows_is_whole(tmp_path: Path) -> None:
    write_report(tmp_path, ReportData(run=RUN, totals={}, workflows=(), others=()))
    report = loads((tmp_path / "report.json").read_text())
    assert (report["rows"], report["other_rows"], sum(report["counts"].values())) == ([], [], 0)
    assert "Nothing that a customer would notice" in (tmp_path / "report.html").read_text()
