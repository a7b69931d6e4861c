"""A person migrates, looks at the result and takes it back, all in Airflow's own page in a real Chromium."""

import json
import re
import shutil
import time
from collections.abc import Iterator

import psycopg
import pytest
from playwright.sync_api import Page, expect, sync_playwright

from atlas_workflows.cli.stack_view import logins
from atlas_workflows.supervision.airflow_client import FINAL_STATES
from live_stack import LiveStack

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
PHASE, ROLLBACK = "migration_p1_database", "migration_rollback"

pytestmark = [
    pytest.mark.timeout(900),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: the browser suite is not run (CI installs it)"),
]


@pytest.fixture(scope="module")
def page(live_stack: LiveStack) -> Iterator[Page]:
    """Logged in as admin through the login form."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_context(viewport={"width": 1500, "height": 1000}).new_page()
        page.set_default_timeout(45_000)
        expect.set_options(timeout=45_000)
        page.goto(f"{live_stack.state.url}/")
        page.locator("input[name=username]").fill("admin")
        page.locator("input[name=password]").fill(logins(live_stack.settings)["admin"])
        page.get_by_role("button", name=re.compile("sign in|log in", re.IGNORECASE)).click()
        page.wait_for_url(re.compile(r"/$|/home"))
        yield page
        browser.close()


def _trigger(page: Page, stack: LiveStack, dag_id: str, conf: dict[str, object]) -> str:
    """Fill the trigger form of a DAG, submit it, and return the new run's id."""
    client = stack.client()
    client.wait_for_dag(dag_id)
    client.unpause(dag_id)
    before = {run["dag_run_id"] for run in client.runs(dag_id)}
    page.goto(f"{stack.state.url}/dags/{dag_id}")
    page.get_by_role("button", name="Trigger", exact=False).first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    _enter_configuration(page, conf)
    dialog.get_by_role("button", name="Trigger", exact=True).click()
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        new = {run["dag_run_id"] for run in client.runs(dag_id)} - before
        if new:
            return str(new.pop())
        time.sleep(0.5)
    pytest.fail(f"the form did not start a run of {dag_id}")


def _enter_configuration(page: Page, conf: dict[str, object]) -> None:
    """Set the form's fields by their labels: switches are toggled where they differ, texts typed."""
    for name, value in conf.items():
        field = page.locator(f'[name="element_{name}"], #element_{name}').first
        if isinstance(value, bool):
            checkbox = page.locator(f'input[type=checkbox][name="element_{name}"]')
            if checkbox.is_checked() != value:
                checkbox.locator("xpath=ancestor::label").click()
        else:
            field.fill(json.dumps(value) if not isinstance(value, str | int) else str(value))


def _watch(page: Page, stack: LiveStack, dag_id: str, run_id: str) -> str:
    """Look at the run's page until Airflow says it ended; returns the state that the page shows."""
    page.goto(f"{stack.state.url}/dags/{dag_id}/runs/{run_id}")
    client = stack.client()
    deadline = time.monotonic() + 400
    while client.run_state(dag_id, run_id) not in FINAL_STATES:
        assert time.monotonic() < deadline
        time.sleep(1)
    badge = page.get_by_text(re.compile(r"^(success|failed)$", re.IGNORECASE)).filter(visible=True).first
    expect(badge).to_be_visible()
    page.reload()
    expect(badge).to_be_visible()
    return badge.inner_text().lower()


def _migrated_workflows(stack: LiveStack) -> int:
    with psycopg.connect(stack.crm_dsn()) as connection:
        row = connection.execute("SELECT count(*) FROM atlas.workflows").fetchone()
    return int(row[0]) if row else 0


def test_the_phase_is_triggered_and_watched_to_success(page: Page, live_stack: LiveStack) -> None:
    run_id = _trigger(
        page, live_stack, PHASE, {"dry_run": False, "batch_rows": 500, "rehearse": False, "throttle": False}
    )
    assert live_stack.client().conf(PHASE, run_id)["batch_rows"] == 500
    assert live_stack.client().conf(PHASE, run_id)["rehearse"] is False
    assert _watch(page, live_stack, PHASE, run_id) == "success"
    assert _migrated_workflows(live_stack) > 100


def test_the_atlas_page_shows_report_and_data_docs(page: Page, live_stack: LiveStack) -> None:
    page.goto(f"{live_stack.state.url}/")
    page.goto(f"{live_stack.state.url}/plugin/atlas")
    frame = page.frame_locator("iframe").first
    expect(frame.get_by_role("heading", name="Phase runs")).to_be_visible()
    expect(frame.get_by_text("p1_database").first).to_be_visible()
    frame.get_by_role("link", name="Report", exact=True).first.click()
    expect(frame.get_by_text(re.compile("what changes for customers", re.IGNORECASE)).first).to_be_visible()
    page.goto(f"{live_stack.state.url}/plugin/atlas")
    frame.get_by_role("link", name="Data Docs").first.click()
    expect(frame.get_by_text(re.compile("Data Docs|Validation Results", re.IGNORECASE)).first).to_be_visible()


def test_the_navigation_leads_to_the_atlas_page(page: Page, live_stack: LiveStack) -> None:
    page.goto(f"{live_stack.state.url}/")
    link = page.get_by_role("link", name="Atlas", exact=True)
    if not link.is_visible():
        page.get_by_role("button", name=re.compile("plugins|browse|more", re.IGNORECASE)).first.click()
        link = page.get_by_role("menuitem", name="Atlas").or_(
            page.get_by_role("link", name="Atlas", exact=True)
        )
    link.first.click()
    expect(page).to_have_url(re.compile("/plugin/atlas"))


def test_a_dry_run_of_the_rollback_changes_nothing_and_a_real_one_takes_the_phase_back(
    page: Page, live_stack: LiveStack
) -> None:
    before = _migrated_workflows(live_stack)
    dry = _trigger(page, live_stack, ROLLBACK, {})
    assert _watch(page, live_stack, ROLLBACK, dry) == "success"
    assert _migrated_workflows(live_stack) == before > 0
    real = _trigger(page, live_stack, ROLLBACK, {"dry_run": False})
    assert _watch(page, live_stack, ROLLBACK, real) == "success"
    assert _migrated_workflows(live_stack) == 0
