"""The shape a catalog shows, its variants, and SELECTs composed from it."""

import pytest

from atlas_workflows.db.tables import Catalog
from atlas_workflows.errors import UnknownShape
from atlas_workflows.legacy.source.dispositions import DISPOSITIONS, disposition_of, dispositions_page
from atlas_workflows.legacy.source.shapes import detect_shape
from atlas_workflows.legacy.source.tables import source_tables

A = ("id", "name", "status", "nodes", "edges", "variables", "trigger_type", "trigger_config", "settings")
SHAPES = {
    "A": A,
    "B": ("id", "organization_id", "name", "status", "version", "workflow_data", "trigger_type", "stats"),
    "C": ("id", "org_id", "name", "active", "actions", "conditions", "trigger_type", "trigger_config"),
    "D": ("id", "organization_id", "name", "status", "actions", "conditions", "trigger_type"),
    "E": ("id", "organization_id", "name", "is_active", "actions", "trigger_type", "trigger_conditions"),
    "F": (
        "id",
        "organization_id",
        "name",
        "is_active",
        "actions",
        "created_by",
        "execution_count",
        "trigger_type",
    ),
    "S": ("id", "organization_id", "name", "is_active", "actions", "trigger_config"),
}


def catalog(**tables: tuple[str, ...]) -> Catalog:
    return Catalog({table: dict.fromkeys(columns, "text") for table, columns in tables.items()})


@pytest.mark.parametrize(("letter", "columns"), SHAPES.items())
def test_every_shape(letter: str, columns: tuple[str, ...]) -> None:
    assert detect_shape(catalog(workflows=columns)).letter == letter


def test_variants_of_a() -> None:
    plain = detect_shape(catalog(workflows=A, workflow_executions=("id", "execution_steps", "started_at")))
    assert (
        plain.organization_column,
        plain.stats_columns,
        plain.workflow_system_executions,
        plain.attempt,
    ) == (None, (), False, ())
    patched = detect_shape(
        catalog(
            workflows=(*A, "organization_id", "total_executions", "last_run_at"),
            workflow_executions=("id", "execution_steps", "created_at"),
        )
    )
    assert patched.organization_column == "organization_id"
    assert patched.stats_columns == ("total_executions", "last_run_at")
    assert patched.workflow_system_executions


def test_a_half_applied_attempt_is_seen_and_does_not_change_the_shape() -> None:
    shape = detect_shape(
        catalog(
            workflows=(*A, "performance_score", "is_template"),
            workflow_webhooks=("id",),
            workflow_triggers=("id", "trigger_name"),
        )
    )
    assert shape.letter == "A"
    assert set(shape.attempt) == {
        "workflows.performance_score",
        "workflows.is_template",
        "workflow_webhooks",
        "workflow_triggers",
    }


def test_shape_b_with_its_own_tables_of_the_same_names_is_no_attempt() -> None:
    shape = detect_shape(
        catalog(
            workflows=SHAPES["B"],
            workflow_triggers=("id", "trigger_type"),
            workflow_variables=("id", "type"),
            workflow_analytics=("id", "date"),
        )
    )
    assert shape.attempt == ()
    assert shape.tables == {"workflow_triggers", "workflow_variables", "workflow_analytics"}


@pytest.mark.parametrize(
    ("tables", "seen"),
    [({}, "no tables at all"), ({"posts": ("id",)}, "posts"), ({"workflows": ("id", "title")}, "title"), ({"workflows": ("id", "actions")}, "actions")],
)  # fmt: skip
def test_an_unknown_shape_says_what_was_seen(tables: dict[str, tuple[str, ...]], seen: str) -> None:
    with pytest.raises(UnknownShape, match=seen):
        detect_shape(catalog(**tables))


def test_sources_come_after_what_they_refer_to_and_every_one_has_a_disposition() -> None:
    shape = detect_shape(catalog(workflows=SHAPES["B"], **dict.fromkeys(("workflow_executions", "workflow_execution_steps", "workflow_versions", "workflow_nodes", "workflow_templates", "workflow_triggers", "webhook_triggers", "schedule_triggers", "workflow_variables", "workflow_code_snippets", "workflow_queue", "workflow_analytics", "trigger_definitions", "action_definitions"), ("id",))))  # fmt: skip
    sources = source_tables(shape)
    names = [source.table for source in sources]
    assert len(names) == 15
    for source in sources:
        assert all(names.index(earlier) < names.index(source.table) for earlier in source.after)
        known = disposition_of(source.table)
        assert known is not None
        assert known.fate != "read"


def test_the_page_of_dispositions_has_one_line_per_table() -> None:
    page = dispositions_page()
    assert all(f"| `{item.table}` | {item.fate} |" in page for item in DISPOSITIONS)
    assert len({item.table for item in DISPOSITIONS}) == len(DISPOSITIONS)
