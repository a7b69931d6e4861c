"""Webhook endpoints in words."""

from collections.abc import Iterator
from typing import Any

from atlas_workflows.cli.terminal import without_controls
from atlas_workflows.exact_json import dumps_text
from atlas_workflows.integrations.webhooks.schemes.meta import SCHEME as META
from atlas_workflows.integrations.webhooks.schemes.meta import verify_token
from atlas_workflows.store.webhooks.deliveries import Arrival
from atlas_workflows.store.webhooks.endpoints import Revealed, Webhook

PATH = "/hooks/"


def webhook_line(webhook: Webhook) -> str:
    """One line of a list."""
    state = "paused" if not webhook.is_active else "CANNOT BE READ" if webhook.unreadable else "takes calls"
    last = f"last at {webhook.last_at:%Y-%m-%d %H:%M:%S} UTC" if webhook.last_at else "none yet"
    signed = webhook.scheme if webhook.verifies else "UNSIGNED"
    return without_controls(
        f"{webhook.endpoint_id}  {webhook.name}  {signed}  {state}  {webhook.taken} calls, {last}"
    )


def webhook_lines(webhook: Webhook) -> Iterator[str]:
    """All about one."""
    yield webhook_line(webhook)
    yield f"Address: {PATH}{without_controls(webhook.endpoint_id)}"
    yield f"Secret: {webhook.secret_hint or 'none'}"
    if webhook.previous_until is not None:
        yield f"The secret before it counts until {webhook.previous_until:%Y-%m-%d %H:%M:%S} UTC."
    yield f"At most {webhook.rate_limit} calls a minute; {webhook.limited} were turned away for more."
    yield f"{webhook.refused} were refused or passed over; `atlas webhook deliveries` says why."
    if webhook.workflow is not None:
        yield f"Only while workflow {webhook.workflow} is active."
    if webhook.unreadable is not None:
        yield without_controls(f"Its settings cannot be read, so calls get 503: {webhook.unreadable}")
        yield "Set them anew with `atlas webhook set`, which replaces them all, or remove it with `atlas webhook delete`."
    for name, value in webhook.manner.to_json().items():
        yield without_controls(f"{name}: {_shown(value)}")


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return dumps_text(value)
    return ", ".join(value) if isinstance(value, list) else str(value)


def arrival_line(arrival: Arrival) -> str:
    """One line of what came."""
    if arrival.outcome == "stored":
        said = _came_of(arrival)
    else:
        often = f"{arrival.times} times, " if arrival.times > 1 else ""
        said = f"{often}{arrival.code}: {arrival.detail}"
    who = f"  from {arrival.address}" if arrival.address else ""
    return without_controls(
        f"{arrival.at:%Y-%m-%d %H:%M:%S}  {arrival.outcome}  {arrival.event or '-'}  {said}{who}"
    )


def _came_of(arrival: Arrival) -> str:
    if arrival.error is not None:
        return f"failed: {arrival.error}"
    if arrival.handled_at is None:
        return "waits to be handled"
    return f"{arrival.started or 0} executions started"


def revealed_lines(made: Revealed, secret_given: str | None = None) -> Iterator[str]:
    """An endpoint, and its secret for the one time that it is shown."""
    yield from webhook_lines(made.webhook)
    if made.secret is not None:
        yield f"The secret, which is not shown again: {made.secret}"
    if made.webhook.scheme == META.name and secret_given is not None:
        yield f"Verify token for Meta: {verify_token(secret_given)}"
