"""PostgreSQL's binaries where the server's account cannot enter: copied whole, once for each wheel, whoever starts at once."""

import os
import pwd
import subprocess
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest

from atlas_workflows.db.readable_binaries import is_reachable, is_runnable, readable_copy
from atlas_workflows.db.server import PACKAGE, EmbeddedServer, server_binaries

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root's server runs under another account")
NOBODY = pwd.getpwnam("nobody")


@pytest.fixture
def wheel(tmp_path: Path) -> Distribution:
    """A wheel of our own making: two majors, a library that both use, and what no server needs."""
    site = tmp_path / "site"
    listed = [
        "pg/pginstall/bin/postgres",
        "pg/pginstall18/bin/postgres",
        "pg/pginstall18/share/bki",
        "pg.libs/libpq.so",
    ]
    for name in listed:
        file = site / name
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file.write_text(name)
        file.chmod(0o700 if "bin" in name else 0o600)
    write_record(site, listed, "1")
    return Distribution.at(site / "pg-1.dist-info")


def write_record(site: Path, listed: list[str], digest: str) -> None:
    (site / "pg-1.dist-info").mkdir(exist_ok=True)
    lines = [f"{name},sha256={digest},1" for name in (*listed, "pg-1.dist-info/RECORD", "../../bin/pg")]
    (site / "pg-1.dist-info" / "RECORD").write_text("\n".join(lines))


def copied(wheel: Distribution, place: Path) -> Path:
    return readable_copy(Path(str(wheel.locate_file("pg/pginstall18/bin"))), wheel, place)


def names(folder: Path) -> list[str]:
    return sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())


def test_it_holds_the_major_and_the_libraries_for_everybody(wheel: Distribution, tmp_path: Path) -> None:
    old_mask = os.umask(0o077)
    try:
        binaries = copied(wheel, tmp_path / "deep" / "place")
    finally:
        os.umask(old_mask)
    whole = binaries.parents[2]
    assert names(whole) == ["pg.libs/libpq.so", "pg/pginstall18/bin/postgres", "pg/pginstall18/share/bki"]
    modes = {
        str(item.relative_to(tmp_path / "deep")): item.stat().st_mode & 0o777 for item in whole.rglob("*")
    }
    assert {modes.pop(name) for name in list(modes) if name.endswith(("bki", ".so"))} == {0o644}
    assert set(modes.values()) == {0o755}
    assert (tmp_path / "deep").stat().st_mode & 0o777 == 0o755


def test_it_is_made_once_for_a_wheel_and_anew_for_another(wheel: Distribution, tmp_path: Path) -> None:
    first = copied(wheel, tmp_path / "place")
    before = (first / "postgres").stat()
    assert copied(wheel, tmp_path / "place") == first
    assert (first / "postgres").stat().st_ino == before.st_ino
    (tmp_path / "site" / "pg/pginstall18/bin/postgres").write_text("newer")
    write_record(tmp_path / "site", ["pg/pginstall18/bin/postgres", "pg.libs/libpq.so"], "2")
    second = copied(wheel, tmp_path / "place")
    assert (second / "postgres").read_text() == "newer"
    # A server may still run on the first.
    assert (first / "postgres").read_text() == "pg/pginstall18/bin/postgres"


def test_what_a_killed_copier_left_is_not_taken_for_the_whole(wheel: Distribution, tmp_path: Path) -> None:
    whole = copied(wheel, tmp_path / "place").parents[2]
    left = whole.with_name(f"{whole.name}.part")
    whole.rename(left)
    (left / "pg.libs" / "libpq.so").unlink()
    (left / "pg" / "half").write_text("")
    copied(wheel, tmp_path / "place")
    assert names(whole) == ["pg.libs/libpq.so", "pg/pginstall18/bin/postgres", "pg/pginstall18/share/bki"]
    assert not left.exists()


@pytest.fixture
def real(open_folder: Path) -> Path:
    """The real wheel's copy, made by six at once under a folder that everybody may enter."""

    def seen(_: int) -> tuple[Path, int]:
        binaries = readable_copy(server_binaries(), distribution(PACKAGE), open_folder / "copies")
        return binaries, len(names(binaries.parents[2]))

    with ThreadPoolExecutor(6) as pool:
        found = set(pool.map(seen, range(6)))
    assert len(found) == 1, "somebody saw less than the whole"
    return found.pop()[0]


def test_every_program_of_the_copy_runs_as_the_original_does(real: Path) -> None:
    user = NOBODY.pw_uid if os.geteuid() == 0 else None
    programs = {file.name for file in server_binaries().iterdir()}
    assert {"initdb", "pg_ctl", "postgres", "psql"} <= programs == {file.name for file in real.iterdir()}
    for name in programs:
        assert version(real / name, user) == version(server_binaries() / name, None)
    assert version(real / "postgres", user)[1].startswith("postgres (PostgreSQL) 18")


def version(program: Path, user: int | None) -> tuple[int, str]:
    # Without a way to load anything from elsewhere.
    done = subprocess.run([program, "--version"], user=user, env={}, cwd="/", text=True, capture_output=True)
    return done.returncode, done.stdout + done.stderr


@as_root
def test_a_folder_counts_as_closed_wherever_a_link_hides_it(open_folder: Path) -> None:
    (open_folder / "closed" / "inside").mkdir(parents=True)
    (open_folder / "closed").chmod(0o700)
    (open_folder / "link").symlink_to(open_folder / "closed" / "inside")
    (open_folder / "program").touch(mode=0o700)
    assert is_reachable(open_folder / "open" / "not there yet")
    assert not is_reachable(open_folder / "closed" / "data")
    assert not is_reachable(open_folder / "link" / "data")
    assert not is_runnable(open_folder / "program")
    (open_folder / "program").chmod(0o755)
    assert is_runnable(open_folder / "program")


@as_root
def test_homes_that_read_alike_or_have_long_names_get_data_of_their_own(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    long = [tmp_path.joinpath(*["Łódź" * 12] * 3, end) for end in ("one", "two")]
    homes = [tmp_path / "gym-crm" / "main", tmp_path / "gym" / "crm-main", *long]
    stand_ins = [EmbeddedServer(home / "postgres" / "data").data_dir for home in homes]
    assert len(set(stand_ins)) == 4
    assert not [path for path in stand_ins if path.is_relative_to(tmp_path)]
    assert max(len(os.fsencode(part)) for path in stand_ins for part in path.parts) < 255
