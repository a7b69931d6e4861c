"""`atlas …`: collects the command groups, imports each only when it is called, and turns errors into one message."""

import importlib
import sys
from contextlib import suppress
from typing import Any

import click
import typer.main
from rich.console import Console
from rich.text import Text

from atlas_workflows.cli.given_words import hide_passwords
from atlas_workflows.cli.interruption import GO_ON, Interrupted, continued_by, make_quiet
from atlas_workflows.cli.terminal import defuse_output, without_controls
from atlas_workflows.errors import INTERRUPTED_STATUS, AtlasError, ConfigurationError
from atlas_workflows.migration.backup.unfinished import clear_folders, folders_below
from atlas_workflows.settings import load_settings

# command -> (module, help shown in the list). A module exports `app`, a typer.Typer.
COMMANDS = {
    "api": ("atlas_workflows.cli.api", "Generate typed clients of the HTTP API."),
    "api-key": ("atlas_workflows.cli.api_key", "Make, list and revoke keys to the HTTP API."),
    "audience": ("atlas_workflows.cli.audience", "Saved queries of whom recurring workflows are about."),
    "backup": ("atlas_workflows.cli.backup", "Make, verify, list and restore backups of the CRM database."),
    "bench": ("atlas_workflows.cli.bench", "Measure us beside our peers."),
    "check": ("atlas_workflows.cli.check", "Lint, types, import contracts, SQL lint, generated docs."),
    "consent": ("atlas_workflows.cli.consent", "Show and record who may be written to on which channel."),
    "dead-letters": ("atlas_workflows.cli.dead_letters", "Failed executions by cause; replay all of one."),
    "demo": ("atlas_workflows.cli.demo", "Start everything on sample data, migrate it, show the result."),
    "down": ("atlas_workflows.cli.stack_down", "Stop the local stack."),
    "effects": (
        "atlas_workflows.cli.effects",
        "Show held, skipped and unknown effects; resolve unknown ones.",
    ),
    "events": ("atlas_workflows.cli.events", "List, emit and capture the events that start workflows."),
    "execution": (
        "atlas_workflows.cli.execution",
        "Find, read, explain, cancel and replay executions.",
    ),
    "flags": ("atlas_workflows.cli.flags", "Show and set feature flags per organization."),
    "game-day": (
        "atlas_workflows.cli.game_day",
        "Rehearse a cutover on a copy, with kills and a slow provider.",
    ),
    "legacy": ("atlas_workflows.cli.legacy", "Look at the legacy side: shapes, counts, dirt."),
    "limits": ("atlas_workflows.cli.limits", "Limit how much starts and how much is sent."),
    "logs": ("atlas_workflows.cli.stack_logs", "Show the logs of the local stack."),
    "migrate": ("atlas_workflows.cli.migrate", "Run, watch, pause, resume, roll back and report a phase."),
    "rollout": (
        "atlas_workflows.cli.rollout",
        "Who executes what: cut organizations over, halt, and give them back.",
    ),
    "retention": ("atlas_workflows.cli.retention", "Drop executions, steps and logs whose time is over."),
    "sample": ("atlas_workflows.cli.sample", "Make a synthetic legacy CRM."),
    "schedule": (
        "atlas_workflows.cli.schedule",
        "Next instants of a schedule, its description, and what fires when.",
    ),
    "schema": ("atlas_workflows.cli.schema", "Upgrade or downgrade the atlas schema; print the role script."),
    "secrets": ("atlas_workflows.cli.secrets", "Seal secrets anew under a new key."),
    "sending": ("atlas_workflows.cli.sending", "Show and set when an organization's messages may go out."),
    "serve": ("atlas_workflows.cli.serve", "Serve the HTTP API until told to stop."),
    "shadow": (
        "atlas_workflows.cli.shadow",
        "Compare old and new on the recorded history, effects off.",
    ),
    "sign-off": (
        "atlas_workflows.cli.sign_off",
        "Accept a change of meaning so that a workflow may go live.",
    ),
    "soak": ("atlas_workflows.cli.soak", "Run the long trials in full."),
    "status": ("atlas_workflows.cli.stack_status", "Show what runs, where, and how to log in."),
    "test": ("atlas_workflows.cli.test", "Run the tests."),
    "up": ("atlas_workflows.cli.stack_up", "Start the local stack on your own database."),
    "v1": ("atlas_workflows.cli.v1", "Who still calls the old application's routes, and who is let in."),
    "webhook": ("atlas_workflows.cli.webhook", "Endpoints that other systems call, and their secrets."),
    "worker": ("atlas_workflows.cli.worker", "Execute workflows until told to stop."),
    "workflow": (
        "atlas_workflows.cli.workflow",
        "Validate, execute, export, publish, pause and archive workflows.",
    ),
}


def load_command(name: str) -> Any:
    """The typer command (or group) called `name`; its module is imported now."""
    module: Any = importlib.import_module(COMMANDS[name][0])
    command: Any = typer.main.get_command(module.app)
    # typer offers shell completion per command; it could not work for one command of a group.
    command.params = [
        item for item in command.params if item.name not in ("install_completion", "show_completion")
    ]
    return make_quiet(command)


class LazyGroup(click.Group):
    """Imports a command's module at its first use, so that `atlas --help` stays instant.

    A command gets its words unparsed: typer brings a click of its own, whose errors and exits only typer understands.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        return click.Command(
            cmd_name,
            callback=lambda arguments: _run(cmd_name, list(arguments)),
            params=[click.Argument(["arguments"], nargs=-1, type=click.UNPROCESSED)],
            context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
            add_help_option=False,
        )

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in sorted(COMMANDS)])


def _run(name: str, words: list[str]) -> None:
    with suppress(ConfigurationError):  # the command itself says what is wrong, if it minds
        clear_folders(*folders_below(load_settings().home))
    with continued_by(GO_ON):  # while it is imported
        command = load_command(name)
    command.main(words, prog_name=f"atlas {name}")


@click.group(cls=LazyGroup)
def cli() -> None:
    """Atlas Workflows: migrate a legacy gym CRM's automations and run them."""


def main() -> None:
    """Entry point; an error ends as one message on stderr and its exit code; only an unforeseen one as a traceback."""
    defuse_output()
    try:
        hide_passwords()
        cli(prog_name="atlas")
    except (Interrupted, KeyboardInterrupt) as stopped:
        told = stopped if isinstance(stopped, Interrupted) else Interrupted()
        print(told.line, file=sys.stderr)
        sys.exit(INTERRUPTED_STATUS)
    except Exception as error:
        from atlas_workflows.cli.complaints import as_atlas_error

        known = as_atlas_error(error)
        if known is None:
            raise
        _complain(known)
        sys.exit(known.exit_code)


def _complain(error: AtlasError) -> None:
    console = Console(stderr=True)
    console.print("[bold red]Error[/]", Text(without_controls(error.fact)), highlight=False)
    console.print("[bold]What next[/]", Text(without_controls(error.remedy)), highlight=False)
