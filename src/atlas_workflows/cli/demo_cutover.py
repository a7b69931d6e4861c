"""Who goes first in the demo's phase 2: a few gyms are signed for and compared, and those with nothing unexplained are cut over."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from atlas_workflows.db.acting import acting_as_migration
from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import rows
from atlas_workflows.db.sql_files import sql
from atlas_workflows.migration.request import RunOptions, Scope
from atlas_workflows.migration.shadow.gate import SHUT, held_up
from atlas_workflows.migration.shadow.run import ShadowRun, Tally, run_shadow
from atlas_workflows.rollout.ownership import WAKING
from atlas_workflows.site import Site
from atlas_workflows.store.sign_offs import Awaiting, read_awaiting, sign

SIGNER = "Dana Demo"
REASON = "a demo: nobody has to live with it"
LOOKED_AT, FIRST = 4, 2
# What would make something go out that never went out is for a person who knows the gym, not for a demo.
NOT_FOR_A_DEMO = frozenset().union(*WAKING.values())


@dataclass(frozen=True, slots=True)
class Candidate:
    """A gym and how many of its workflows write to new leads; `is_ours`: an earlier demo cut it over."""

    id: str
    workflows: int
    is_ours: bool


@dataclass(frozen=True, slots=True)
class Cohort:
    """The gyms that go first, those that may not and why, what was signed for all of them, and the comparison."""

    organizations: tuple[str, ...]
    held_up: dict[str, str]
    signed: int
    unsigned: int
    tally: Tally | None = None

    @property
    def conf(self) -> dict[str, object]:
        """What the DAG of phase 2 is asked for. It is watched once: minutes of watching are for people with members."""
        return {
            "organizations": list(self.organizations), "dry_run": False, "require_approval": True,
            "watch_minutes": 0,
        }  # fmt: skip


def choose_cohort(site: Site) -> Cohort:
    """Sign for a few gyms, compare them, and leave out those that the gate would hold up."""
    with site.connect("demo", autocommit=True) as connection:
        with acting_as_migration(connection):
            found = rows(connection, Candidate, sql("sample/first_gyms"), {"limit": LOOKED_AT})
        looked_at = [gym.id for gym in found]
        signed, unsigned = _sign(connection, looked_at)
        if not looked_at:
            return Cohort((), {}, signed, unsigned)
        tally = run_shadow(ShadowRun(site, uuid4(), Scope(tuple(sorted(looked_at))), RunOptions()))
        held = _held_up(connection, looked_at)
    first = [gym for gym in looked_at if gym not in held][:FIRST]
    return Cohort(tuple(sorted(first)), held, signed, unsigned, tally)


def _sign(connection: Connection, organizations: Sequence[str]) -> tuple[int, int]:
    """How many workflows were signed, and how many were left to people who know the gym."""
    waiting = [item for item in read_awaiting(connection) if item.organization_id in organizations]
    fit = [item for item in waiting if _is_for_a_demo(item)]
    for item in fit:
        sign(connection, item.workflow_id, (), by=SIGNER, reason=REASON)
    return len(fit), len(waiting) - len(fit)


def _is_for_a_demo(item: Awaiting) -> bool:
    return not NOT_FOR_A_DEMO.intersection(item.outstanding)


def _held_up(connection: Connection, organizations: Sequence[str]) -> dict[str, str]:
    """Why the gate would hold a gym up, by its id."""
    found = held_up(connection, organizations)
    counts = Counter((item.organization_id, item.found) for item in found)
    said: dict[str, str] = {}
    for (organization, word), times in counts.items():
        before = f"{said[organization]}, " if organization in said else ""
        said[organization] = f"{before}{times} {SHUT[word]}"
    return said
