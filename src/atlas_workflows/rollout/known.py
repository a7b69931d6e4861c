"""The flags this version of the product asks for; `atlas schema upgrade` makes them known to the database."""

from datetime import UTC, datetime

from atlas_workflows.rollout.flags import Flag, FlagType

P1_DATABASE = Flag(
    key="migration.p1_database",
    type=FlagType.BOOLEAN,
    default=True,
    owner="migration",
    reason="Holds an organization back from the database phase while its data is being looked at.",
    expires_at=datetime(2028, 1, 1, tzinfo=UTC),
    description="Whether phase 1 takes up this organization. A held organization is left out and reported as such.",
)

P2_CORE = Flag(
    key="migration.p2_core",
    type=FlagType.BOOLEAN,
    default=True,
    owner="migration",
    reason="Holds an organization back from the cutover, whatever the rollout's cohort says.",
    expires_at=datetime(2028, 1, 1, tzinfo=UTC),
    description="Whether phase 2 may cut this organization over. A held organization is left out and reported as such.",
)

P4_ADVANCED = Flag(
    key="migration.p4_advanced",
    type=FlagType.BOOLEAN,
    default=True,
    owner="migration",
    reason="Holds an organization back from phase 4, whatever the rollout's cohort says.",
    expires_at=datetime(2028, 1, 1, tzinfo=UTC),
    description="Whether phase 4 takes up this organization. A held organization is left out and reported as such.",
)

FALLBACK = Flag(
    key="engine.fallback_to_legacy",
    type=FlagType.BOOLEAN,
    default=False,
    owner="engine",
    reason="Lets an organization fall back to the old meaning while it is new to the engine.",
    expires_at=datetime(2028, 1, 1, tzinfo=UTC),
    description="Whether an execution that fails before its first effect begins anew with the old meaning. Counts for "
    "workflows that are cut over while it is on, and as long as it is.",
)

TRANSLATED_SCHEDULES = Flag(
    key="scheduling.translated",
    type=FlagType.BOOLEAN,
    default=False,
    owner="migration",
    reason="Schedules of the old application often never fired: an organization says when they begin to.",
    expires_at=datetime(2028, 1, 1, tzinfo=UTC),
    description="Whether schedules that were translated from the old application fire here, without being published anew.",
)

MOST_DAGS = Flag(
    key="scheduling.most_dags",
    type=FlagType.INTEGER,
    default=1_000,
    owner="scheduling",
    reason="A thousand DAGs are read, written down and looked through without Airflow falling behind.",
    expires_at=None,
    description="How many DAGs of recurring workflows there may be, of all organizations together. The schedules of an "
    "organization that would pass it are started by the DAG scheduled_sweep; 0: always.",
)

MOST_TOGETHER = Flag(
    key="scheduling.most_together",
    type=FlagType.INTEGER,
    default=200,
    owner="scheduling",
    reason="Airflow starts some two DAG runs a second on two processors; the sweep, hundreds.",
    expires_at=None,
    description="How many DAGs of recurring workflows may be due at one instant, of all organizations together. The "
    "schedules of an organization that would pass it are started by the DAG scheduled_sweep.",
)

SHORTEST_MINUTES = Flag(
    key="scheduling.shortest_minutes",
    type=FlagType.INTEGER,
    default=1,
    owner="scheduling",
    reason="An organization's plan says how often its workflows may fire.",
    expires_at=None,
    description="The minutes that lie between two occurrences of a schedule at least; what fires more often is not published.",
)

KNOWN_FLAGS = (
    FALLBACK, P1_DATABASE, P2_CORE, P4_ADVANCED, MOST_DAGS, MOST_TOGETHER, SHORTEST_MINUTES, TRANSLATED_SCHEDULES,
)  # fmt: skip
