"""What the demo shows of phase 2: who executes what and why, which messages arrived, and the story of one of them."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from atlas_workflows.cli.demo_airflow import Finished
from atlas_workflows.cli.demo_cutover import REASON, SIGNER, Cohort
from atlas_workflows.cli.demo_live import BY_CODE, OLD_APPLICATION, Arrived, Happened
from atlas_workflows.cli.demo_view import report_folder
from atlas_workflows.cli.execution_words import explanation_lines
from atlas_workflows.integrations.crm.contact import read_contact
from atlas_workflows.migration.phase import Phase
from atlas_workflows.nodes.catalogue import load_catalogue
from atlas_workflows.rollout.rollouts import Owners, read_owners
from atlas_workflows.settings import Settings
from atlas_workflows.site import Site
from atlas_workflows.store.acting_steps import Today
from atlas_workflows.store.explanation import explain
from atlas_workflows.supervision.paths import StackPaths
from atlas_workflows.supervision.state import StackState

EXECUTORS = {
    "legacy_app": "the old application",
    "atlas_legacy": "the engine, old meaning",
    "atlas_enhanced": "the engine",
}
NOT_ASKED = "They are not in the first cohort."
LINES_SHOWN = 16


def show_cohort(cohort: Cohort, names: Mapping[str, str], console: Console) -> None:
    """Who goes first, in whose name it was signed, and what the comparison of old and new found."""
    left = f"; {cohort.unsigned} that would wake up what never fired stay unsigned" if cohort.unsigned else ""
    console.print(
        f"{SIGNER} signed for {cohort.signed} workflows ({REASON}){left}.", highlight=False, soft_wrap=True
    )
    if cohort.tally is not None:
        console.print(
            f"Old and new compared on recorded history, nothing sent: {cohort.tally.same} workflows the same, "
            f"{cohort.tally.explained} differ as recorded, {cohort.tally.unexplained} unexplained; "
            f"{cohort.tally.reproduced:,} of {cohort.tally.recorded:,} recorded executions reproduced.",
            highlight=False,
            soft_wrap=True,
        )
    for gym, why in cohort.held_up.items():
        console.print(
            f"{names.get(gym, gym)} stays where it is: {why}.", highlight=False, soft_wrap=True, markup=False
        )
    first = ", ".join(names.get(gym, gym) for gym in cohort.organizations) or "nobody"
    console.print(f"First cohort: {first}.", highlight=False, soft_wrap=True, markup=False)


def show_phase_two(
    settings: Settings,
    state: StackState,
    phase: Phase,
    finished: Finished,
    names: Mapping[str, str],
    owners: Iterable[Owners],
    console: Console,
) -> None:
    """How the cutover ended, and who executes which workflows now."""
    console.rule(f"{phase.title}: {'done' if finished.went_well else 'failed'}")
    if finished.problem:
        console.print(finished.problem, markup=False, highlight=False)
    console.print(_owners_table(settings, finished, names, owners))
    folder = report_folder(settings, finished.phase_run_id)
    for name, file in (("Report", "report.html"), ("Who and why", "owners.json")):
        if folder is not None and (folder / file).is_file():
            console.print(f"{name:<14} {folder / file}", highlight=False, soft_wrap=True)
    console.print(f"{'Airflow':<14} {state.url}/dags/{phase.dag_id}", highlight=False, soft_wrap=True)
    console.print(
        f"{'Page':<14} {state.url}/plugin/atlas (page Atlas in Airflow)", highlight=False, soft_wrap=True
    )


def read_owners_of(site: Site) -> list[Owners]:
    """Who executes how many workflows of each gym."""
    with site.connect("demo", autocommit=True) as connection:
        return list(read_owners(connection))


def _owners_table(
    settings: Settings, finished: Finished, names: Mapping[str, str], owners: Iterable[Owners]
) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("gym", "executed by", "workflows", "why"):
        table.add_column(heading, justify="right" if heading == "workflows" else "left")
    why = _reasons(settings, finished)
    others: dict[str, list[int]] = {}
    for item in owners:
        if item.organization not in why:
            others.setdefault(item.owner, []).append(item.workflows)
    for organization, by_owner in why.items():
        for owner, reasons in sorted(by_owner.items()):
            for reason, times in reasons.most_common():
                table.add_row(names.get(organization, organization), EXECUTORS[owner], str(times), reason)
    for owner, counts in others.items():
        table.add_row(f"{len(counts)} other gyms", EXECUTORS[owner], str(sum(counts)), NOT_ASKED)
    return table


def _reasons(settings: Settings, finished: Finished) -> dict[str, dict[str, Counter[str]]]:
    """From owners.json: organization and owner to how many workflows, by the reason."""
    folder = report_folder(settings, finished.phase_run_id)
    file = folder / "owners.json" if folder else None
    counts: dict[str, dict[str, Counter[str]]] = {}
    for item in json.loads(file.read_text()) if file and file.is_file() else ():
        counts.setdefault(item["organization"], {}).setdefault(item["owner"], Counter())[item["why"]] += 1
    return counts


def show_live(happened: Happened, settings: Settings, console: Console) -> None:
    """Who came, and what arrived."""
    console.rule("Live")
    console.print(_story(happened), highlight=False, soft_wrap=True)
    table = Table(box=None, pad_edge=False)
    for heading in ("to", "subject", "sent by", "mails", "seconds after"):
        table.add_column(heading, justify="right" if heading in ("mails", "seconds after") else "left")
    groups = _grouped(happened.arrived)
    for (to, subject, executor), items in groups[:LINES_SHOWN]:
        table.add_row(escape(to), escape(subject), EXECUTORS[executor], str(len(items)), _seconds(items))
    console.print(table)
    if len(groups) > LINES_SHOWN:
        console.print(f"and {len(groups) - LINES_SHOWN} lines more", highlight=False)
    for item in happened.not_sent:
        console.print(
            f"{item.times} more by the engine {item.status}: {item.why}",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
    console.print(
        f"{'Mail sink':<14} {StackPaths.of(settings).mail} (nothing left this machine)",
        highlight=False,
        soft_wrap=True,
    )


def _story(happened: Happened) -> str:
    sent = Counter(EXECUTORS[item.executor] for item in happened.arrived)
    by = ", ".join(f"{times} sent by {who}" for who, times in sent.most_common()) or "none"
    emitted = (
        f", code said {BY_CODE} with atlas.emit_event of {len(happened.emitted)}" if happened.emitted else ""
    )
    stand_in = (
        f"; the old application's stand-in saw them too and began {happened.begun_there} executions"
        if happened.old_application_runs
        else ""
    )
    return f"{len(happened.leads)} new leads came{emitted}{stand_in}. {len(happened.arrived)} messages arrived: {by}."


def _grouped(arrived: Iterable[Arrived]) -> list[tuple[tuple[str, str, str], list[Arrived]]]:
    """By reader, subject and executor, those of the engine first: workflows of a sample say the same in several copies."""
    groups: dict[tuple[str, str, str], list[Arrived]] = {}
    for item in arrived:
        groups.setdefault((item.mail.to, item.mail.subject, item.executor), []).append(item)
    return sorted(groups.items(), key=lambda group: (group[0][2] == OLD_APPLICATION, group[0]))


def _seconds(items: Iterable[Arrived]) -> str:
    found = [item.seconds for item in items if item.seconds is not None]
    if not found:
        return ""
    least, most = f"{min(found):.1f}", f"{max(found):.1f}"
    return least if least == most else f"{least} to {most}"


def show_why(site: Site, arrived: Arrived, console: Console) -> None:
    """What `atlas execution explain` says of one message."""
    here = arrived.here
    assert here is not None  # of the engine's own only
    now = datetime.now(UTC)
    command = f"./atlas execution explain {here.subject} {here.workflow} --organization {here.organization}"
    console.print(command, highlight=False, soft_wrap=True)
    for line in _explained(site, arrived, now):
        console.print(f"  {line}", highlight=False, soft_wrap=True, markup=False)


def _explained(site: Site, arrived: Arrived, now: datetime) -> Iterator[str]:
    here = arrived.here
    assert here is not None
    with site.connect("demo", autocommit=True) as connection:
        today = Today(read_contact(connection, here.organization, here.subject), now)
        found = explain(connection, here.organization, here.subject, here.workflow, load_catalogue(), today)
    yield from explanation_lines(found, now)
