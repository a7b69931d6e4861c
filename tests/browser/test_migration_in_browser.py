"""A person migrates, cuts over and takes both back in Airflow's own page, in a real Chromium, the old application at work."""

import json
import re
import shutil
import time
from collections.abc import Iterator

import psycopg
import pytest
from playwright.sync_api import Page, expect, sync_playwright
from rich.console import Console

from atlas_workflows.cli.demo import Demo, cut_over_and_watch
from atlas_workflows.cli.stack_view import logins
from atlas_workflows.sample.old_post import SENDER
from atlas_workflows.sample.spec import make_spec
from atlas_workflows.site import Site
from atlas_workflows.supervision.airflow_client import FINAL_STATES
from atlas_workflows.supervision.mail_sink import read_mail
from live_stack import LiveStack
from old_app_at_work import at_work

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
PHASE, ROLLBACK = "migration_p1_database", "migration_rollback"
SPEC = make_spec("A", "S", messy=True, seed=1)

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
    """Set the form's fields by their names: switches are toggled where they differ, texts typed, choices typed and taken."""
    for name, value in conf.items():
        field = page.locator(f'[name="element_{name}"], #element_{name}').first
        field.wait_for(state="attached")
        choice = page.locator(f"#element_{name} [role=combobox]")
        if isinstance(value, bool):
            checkbox = page.locator(f'input[type=checkbox][name="element_{name}"]')
            if checkbox.is_checked() != value:
                checkbox.locator("xpath=ancestor::label").click()
        elif choice.count():
            choice.fill(str(value))
            choice.press("Enter")
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


def _owners(stack: LiveStack) -> dict[str, int]:
    with psycopg.connect(stack.crm_dsn()) as connection:
        counted = connection.execute("SELECT owner, count(*) FROM atlas.workflows GROUP BY owner").fetchall()
    return dict(counted)


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


def test_the_demo_cuts_a_first_cohort_over_and_people_get_mails(
    live_stack: LiveStack, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = live_stack.settings
    site = Site(live_stack.crm_dsn(), settings)
    finished = cut_over_and_watch(Demo(settings, live_stack.state, SPEC, site, Console(stderr=True)))
    said = " ".join(capsys.readouterr().out.split())
    assert finished.exit_code == 0, (finished, said)
    assert _owners(live_stack)["atlas_enhanced"] > 1
    for shown in (
        "Dana Demo signed for", "First cohort: ", "the old application", "It is supported, and every change",
        "They are not in the first cohort.", "got it", "report.html", "/plugin/atlas", "atlas execution explain",
    ):  # fmt: skip
        assert shown in said, said
    mails = read_mail(live_stack.paths.mail)
    theirs = [mail for mail in mails if mail.sender == SENDER]
    assert 0 < len(theirs) < len(mails)
    assert len({mail.message_id for mail in mails}) == len(mails)


def test_the_way_back_in_the_page_while_the_old_application_is_at_work(
    page: Page, live_stack: LiveStack
) -> None:
    with at_work(live_stack.crm_dsn(), SPEC, live_stack.paths.mail) as street:
        street.wait_for(2)
        before = street.came()
        asked = {"phase": "p2_core", "dry_run": False, "reason": "the members want it back"}
        real = _trigger(page, live_stack, ROLLBACK, asked)
        assert _watch(page, live_stack, ROLLBACK, real) == "success"
        after = street.came()
        street.wait_for(2)
    assert _owners(live_stack).keys() == {"legacy_app"}
    assert before < street.came()
    by_engine, by_old = street.by_engine(), street.by_old_application()
    assert not street.asked_for_here() & by_old, "nobody gets anything twice"
    assert {lead for lead, _ in by_engine} >= set(street.leads[:before])
    assert {lead for lead, _ in by_old} >= set(street.leads[after:])
    assert not {lead for lead, _ in by_engine} & set(street.leads[after:])


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
