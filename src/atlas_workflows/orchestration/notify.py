"""Tells people that a maintenance window begins, and how it ended, through Airflow's SMTP notifier."""

import logging
import os
from collections.abc import Mapping, Sequence
from typing import Any

from atlas_workflows.settings import load_settings

log = logging.getLogger("atlas.notify")
RECIPIENTS_VARIABLE = "ATLAS_NOTIFY_TO"
SENDER_VARIABLE = "ATLAS_NOTIFY_FROM"
SMTP_CONNECTION = "smtp_default"


def recipients(environ: Mapping[str, str] | None = None) -> list[str]:
    """Who wants to know: ATLAS_NOTIFY_TO, addresses separated by commas; empty where unset."""
    env = os.environ if environ is None else environ
    return [part.strip() for part in env.get(RECIPIENTS_VARIABLE, "").split(",") if part.strip()]


def notice(subject: str, message: str, parameters: Mapping[str, object]) -> str:
    """The mail's HTML from include/mail/phase_notice.html, everything escaped."""
    from jinja2 import Environment

    template = (load_settings().root / "include" / "mail" / "phase_notice.html").read_text()
    return (
        Environment(autoescape=True)
        .from_string(template)
        .render(subject=subject, message=message, facts=parameters)
    )


def tell(
    subject: str, message: str, parameters: Mapping[str, object], to: Sequence[str] | None = None
) -> bool:
    """Send the notice, to `recipients` unless others are named; True if it went out.

    A mail server that is away must not stop a migration, so it is logged.
    """
    to = recipients() if to is None else to
    if not to:
        log.info("Nobody is told (%s is not set): %s", RECIPIENTS_VARIABLE, subject)
        return False
    from airflow.providers.smtp.notifications.smtp import SmtpNotifier

    try:
        SmtpNotifier(
            to=list(to),
            from_email=os.environ.get(SENDER_VARIABLE, "atlas@localhost"),
            subject=subject,
            html_content=notice(subject, message, parameters),
            smtp_conn_id=SMTP_CONNECTION,
        ).notify({})
    except Exception as error:
        log.warning("The notice %r was not sent: %s: %s", subject, type(error).__name__, error)
        return False
    return True


def on_failure(context: Mapping[str, Any]) -> None:
    """DAG callback: the run failed; says which and where to look."""
    run = context["dag_run"]
    parameters = {"DAG": run.dag_id, "DAG run": run.run_id, "reason": context.get("reason", "")}
    tell(
        f"{run.dag_id} failed",
        "Open the DAG run in Airflow; the failed task says what happened and what next.",
        parameters,
    )


def on_success(context: Mapping[str, Any]) -> None:
    """DAG callback: the run ended well."""
    run = context["dag_run"]
    if (context.get("params") or {}).get("dry_run"):
        tell(
            f"Dry run of {run.dag_id} finished",
            "Nothing was written. Its report is on the Atlas page in Airflow.",
            {"DAG run": run.run_id},
        )
        return
    tell(f"{run.dag_id} finished", "The report is on the Atlas page in Airflow.", {"DAG run": run.run_id})
