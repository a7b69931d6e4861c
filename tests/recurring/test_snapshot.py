"""The snapshot says of itself whether it is whole, is the same text for the same workflows, and holds what must not be looked up."""

import json
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from atlas_workflows.recurring.entry import Entry, entry_of, settled
from atlas_workflows.recurring.folders import KEPT, clear_out, lay_down, point
from atlas_workflows.recurring.snapshot import (
    ENTRIES_PER_FILE,
    Snapshot,
    SnapshotDamaged,
    read_snapshot,
    read_snapshot_file,
)
from atlas_workflows.schedule.occurrences import Schedule
from atlas_workflows.schedule.spec import parse_spec

PUBLISHED = datetime(2026, 3, 2, 12, 30, 40, tzinfo=UTC)
DAILY = {"cron": "0 9 * * *", "timezone": "Europe/London"}


def entry(number: int = 1, schedule: Any = DAILY, **changed: Any) -> Entry:
    given: dict[str, Any] = {
        "organization": f"00000000-0000-4000-8000-{number % 7:012}", "organization_name": "Żelazny Klub", "workflow":
        f"11111111-1111-4111-8111-{number:012}", "name": "Monday news 💪", "version": 3, "trigger": "at-nine",
        "published_at": PUBLISHED, "active_since": PUBLISHED, "schedule": schedule, "year": 2026,
    }  # fmt: skip
    return entry_of(**given | changed)


def test_the_same_workflows_make_the_same_text_in_any_order() -> None:
    entries = [entry(number) for number in range(40)]
    text = Snapshot(tuple(entries)).text()
    for seed in range(5):
        Random(seed).shuffle(entries)
        assert Snapshot(tuple(entries)).text() == text
    changed = replace(entries[0], version=4)
    assert (
        Snapshot((changed, *entries[1:])).version
        != Snapshot(tuple(entries)).version
        != Snapshot(tuple(entries), "1999a").version
    )


def test_what_was_written_is_read() -> None:
    whole = Snapshot((entry(1), entry(2)))
    assert read_snapshot(whole.text(), "here") == whole


def test_a_snapshot_cut_anywhere_is_refused_by_name(tmp_path: Path) -> None:
    raw = Snapshot((entry(1), entry(2))).text().encode()
    file = tmp_path / "part.json"
    for length in range(0, len(raw) - 1, 7):
        file.write_bytes(raw[:length])
        with pytest.raises(SnapshotDamaged, match=str(file)):
            read_snapshot_file(file)
    file.write_bytes(raw.replace(b"at-nine", b"at-nina"))
    with pytest.raises(SnapshotDamaged, match=r"missing or was changed"):
        read_snapshot_file(file)


@pytest.mark.parametrize("text", ["{}\n{}", '{"format": "atlas.recurring/2"}\n{}', "[]\n", "null"])
def test_another_form_is_refused(text: str) -> None:
    with pytest.raises(SnapshotDamaged, match=r"not of the form atlas\.recurring/1"):
        read_snapshot(text, "here")


def test_no_file_is_an_empty_snapshot(tmp_path: Path) -> None:
    assert read_snapshot_file(tmp_path / "none.json") == Snapshot()


def test_thousands_of_workflows_are_dealt_out_and_keep_their_file() -> None:
    entries = tuple(entry(number) for number in range(3 * ENTRIES_PER_FILE))
    parts = Snapshot(entries).parts()
    assert len(parts) == 4
    assert sorted(e.dag_id for part in parts for e in part.entries) == sorted(e.dag_id for e in entries)
    fewer = Snapshot(entries[1:]).parts()
    assert [a == b for a, b in zip(parts, fewer, strict=True)].count(True) == 3


def test_a_version_is_laid_down_whole_or_not_at_all(tmp_path: Path) -> None:
    dag_file = tmp_path / "scheduled_workflows.py"
    dag_file.write_text("# airflow dag")
    big = Snapshot(tuple(entry(number) for number in range(ENTRIES_PER_FILE + 1)))
    left_over = tmp_path / "v" / f".{big.version}.1"  # of a process that was killed
    left_over.mkdir(parents=True)
    folder = tmp_path / "v" / big.version
    lay_down(big, dag_file, folder)
    lay_down(Snapshot(), dag_file, folder)  # a version never changes
    assert sorted(file.name for file in folder.iterdir()) == [
        f"scheduled_workflows_2_{number}.{kind}" for number in (0, 1) for kind in ("json", "py")
    ]
    found = [read_snapshot_file(file) for file in sorted(folder.glob("*.json"))]
    assert sum(len(part.entries) for part in found) == ENTRIES_PER_FILE + 1


def test_the_current_version_is_found_by_one_name(tmp_path: Path) -> None:
    old, new = tmp_path / "versions" / "old", tmp_path / "versions" / "new"
    for folder in (old, new):
        folder.mkdir(parents=True)
        (folder / "dags.py").write_text(folder.name)
        os.utime(folder / "dags.py", (1, 1))
    link = tmp_path / "current"
    for folder in (old, new, old):
        point(link, folder)
        point(link, folder)
        assert (link / "dags.py").read_text() == folder.name
        assert (link / "dags.py").stat().st_mtime > 1, "what comes back is read anew too"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["current", "versions"]


def test_versions_long_out_of_use_are_removed(tmp_path: Path) -> None:
    dag_file = tmp_path / "scheduled_workflows.py"
    dag_file.write_text("# airflow dag")
    versions = tmp_path / "versions"
    for name in ("now", "tracked", "recent", "old", ".left.1"):
        lay_down(Snapshot(), dag_file, versions / name)
    past = datetime.now(UTC) - KEPT - timedelta(minutes=1)
    for name in ("now", "tracked", "old", ".left.1"):
        os.utime(versions / name, (past.timestamp(), past.timestamp()))
    lay_down(Snapshot(), dag_file, versions / "now")
    assert clear_out(versions, {"tracked"}) == [".left.1", "old"]
    assert sorted(each.name for each in versions.iterdir()) == ["now", "recent", "tracked"]


def test_holidays_become_dates_and_nothing_else_changes() -> None:
    spec = parse_spec({**DAILY, "holidays": "GB-ENG", "closures": ["2026-05-05"], "on_closed": "skip"})
    found = settled(spec, PUBLISHED, 2026)
    assert found.holidays is None
    dates = [day.isoformat() for day in found.closures]
    assert {"2026-05-05", "2025-12-25", "2028-12-25"} <= set(dates)
    assert dates == sorted(set(dates))
    begin = PUBLISHED + timedelta(days=20)
    assert Schedule(found).next(begin, 900) == Schedule(spec).next(begin, 900)


def test_a_bare_recurrence_rule_counts_from_its_publication() -> None:
    spec = parse_spec({"rrule": "FREQ=DAILY;INTERVAL=2", "timezone": "Europe/London"})
    assert settled(spec, PUBLISHED.replace(month=7), 2026).start == "2026-07-02T13:30"
    given = spec.model_copy(update={"start": "2026-01-01T08:00"})
    assert settled(given, PUBLISHED, 2026) == given


def test_a_schedule_that_cannot_be_read_stays_as_it_is() -> None:
    assert entry(schedule={"cron": "99 * * * *", "timezone": "UTC"}).schedule == {
        "cron": "99 * * * *",
        "timezone": "UTC",
    }
    assert entry(schedule=None).schedule == {}


def test_the_dag_keeps_its_name_when_people_rename() -> None:
    one = entry()
    assert one.dag_id == "recurring.11111111-1111-4111-8111-000000000001.at-nine"
    assert entry(name="Other", organization_name="Another", version=9).dag_id == one.dag_id
    odd = {entry(trigger=key).dag_id for key in ("a b", "a/b", "ü", "x" * 300, "a.b")}
    assert len(odd) == 5
    assert all(len(name) <= 250 and name.isascii() and " " not in name for name in odd)
    assert json.loads(json.dumps(one.to_json())) == one.to_json()
