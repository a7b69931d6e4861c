"""The snapshot: all recurring workflows as one text that says of itself whether it is whole, cut into parts for several DAG files."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from atlas_workflows import exact_json
from atlas_workflows.errors import InputError, InvalidJson
from atlas_workflows.recurring.entry import Entry
from atlas_workflows.time_zones import TZDATA_VERSION

FORMAT = "atlas.recurring/1"
ENTRIES_PER_FILE = 500  # read and serialised in a few seconds, far from Airflow's limit of 30 for a DAG file


class SnapshotDamaged(InputError):
    """A snapshot that is not whole, or not of a form that this version reads."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What DAGs are made from; `tzdata` is the time zone data under which it was taken."""

    entries: tuple[Entry, ...] = ()
    tzdata: str = TZDATA_VERSION

    def text(self) -> str:
        """The same entries give the same text, in whatever order they were found."""
        entries = sorted((entry.to_json() for entry in self.entries), key=_place)
        document = {"entries": entries, "tzdata": self.tzdata}
        content = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        header = {"format": FORMAT, "sha256": hashlib.sha256(content.encode()).hexdigest()}
        return f"{json.dumps(header)}\n{content}\n"

    @property
    def version(self) -> str:
        """Names the content: another one as soon as anything in it is another."""
        return hashlib.sha256(self.text().encode()).hexdigest()[:20]

    def parts(self) -> list["Snapshot"]:
        """One for each DAG file. A workflow keeps its file while their number stays, which doubles when they are full."""
        number = 1
        while len(self.entries) > number * ENTRIES_PER_FILE:
            number *= 2
        dealt: list[list[Entry]] = [[] for _ in range(number)]
        for entry in self.entries:
            dealt[int(hashlib.sha256(entry.dag_id.encode()).hexdigest()[:8], 16) % number].append(entry)
        return [Snapshot(tuple(part), self.tzdata) for part in dealt]


def read_snapshot(text: str, source: str) -> Snapshot:
    """A snapshot out of its text. Raises SnapshotDamaged naming `source` where a part of it is missing or another one."""
    header, _, rest = text.partition("\n")
    content = rest.removesuffix("\n")
    try:
        said = exact_json.loads_plain(header)
    except InvalidJson as cause:
        raise _damaged(source, "its first line cannot be read") from cause
    if not isinstance(said, dict) or said.get("format") != FORMAT:
        raise _damaged(source, f"it is not of the form {FORMAT}")
    if said.get("sha256") != hashlib.sha256(content.encode()).hexdigest():
        raise _damaged(source, "a part of it is missing or was changed")
    document = exact_json.loads_plain(content)
    return Snapshot(tuple(Entry(**entry) for entry in document["entries"]), document["tzdata"])


def read_snapshot_file(file: Path) -> Snapshot:
    """The snapshot beside a DAG file; an empty one where there is none. Raises SnapshotDamaged."""
    try:
        text = file.read_bytes().decode()
    except FileNotFoundError:
        return Snapshot()
    except UnicodeDecodeError as cause:
        raise _damaged(str(file), "it is no text") from cause
    return read_snapshot(text, str(file))


def _place(entry: dict[str, Any]) -> tuple[str, str, str]:
    return entry["organization"], entry["workflow"], entry["trigger"]


def _damaged(source: str, what: str) -> SnapshotDamaged:
    return SnapshotDamaged(
        f"The snapshot of recurring workflows {source} is damaged: {what}.",
        remedy="Delete its folder; it is written anew from the database at the next refresh.",
        source=source,
    )
