"""Looks after webhook endpoints: made, changed, paused, given new secrets, removed. In the caller's transaction, audited."""

import base64
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from atlas_workflows import audit, exact_json
from atlas_workflows.audit import Subject
from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import named_rows, scalar
from atlas_workflows.db.sql_files import sql
from atlas_workflows.errors import InputError
from atlas_workflows.integrations.webhooks.endpoint import is_covered
from atlas_workflows.integrations.webhooks.manner import MOST_LETTERS, Manner, read_manner, read_place
from atlas_workflows.integrations.webhooks.scheme import Scheme
from atlas_workflows.integrations.webhooks.schemes import scheme_named
from atlas_workflows.secrets.masking import hint
from atlas_workflows.secrets.sealing import Sealer
from atlas_workflows.store.steering import By

TABLE = "workflow_webhooks"
MOST_OVERLAP = timedelta(days=30)
MOST_RATE = 1_000_000
LEAST_SECRET = 8  # bytes of the key, without what all secrets of a provider begin with
PREFIX = b"whsec_"


class WebhookUnknown(InputError):
    """The organization has no endpoint of this id."""


class WebhookTaken(InputError):
    """An endpoint of this id exists already."""


class RotationUnderWay(InputError):
    """The secret before the present one still counts."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """An endpoint as people see it; of its secret only a hint. `ever_…` are with what the source counted before it came to us.

    `unreadable` says why its settings cannot be read by this release; `manner` is the default then, and no call is taken.
    """

    id: str
    organization: str
    endpoint_id: str
    name: str
    workflow: str | None
    scheme: str
    manner: Manner
    verifies: bool
    rate_limit: int
    is_active: bool
    secret_hint: str | None
    previous_until: datetime | None
    taken: int
    limited: int
    refused: int
    last_at: datetime | None
    ever_taken: int
    ever_last_at: datetime | None
    unreadable: str | None = None

    def to_json(self) -> dict[str, Any]:
        """For programs."""
        shown = [name for name in Webhook.__slots__ if not name.startswith("ever_")]
        return {name: getattr(self, name) for name in shown} | {"manner": self.manner.to_json()}


@dataclass(frozen=True, slots=True)
class Wanted:
    """An endpoint to make. `endpoint_id` None makes a new one; `secret` None makes one where the scheme leaves that to us."""

    name: str
    scheme: str = "standard"
    endpoint_id: str | None = None
    workflow: str | None = None
    secret: str | None = field(default=None, repr=False)
    verifies: bool = True
    rate_limit: int = 100
    manner: Manner = field(default_factory=Manner)


@dataclass(frozen=True, slots=True)
class Change:
    """What to change; None stays."""

    name: str | None = None
    scheme: str | None = None
    manner: Manner | None = None
    verifies: bool | None = None
    rate_limit: int | None = None
    is_active: bool | None = None


@dataclass(frozen=True, slots=True)
class Revealed:
    """The one time that a secret is shown; None where there is none, or it is the provider's own and was given."""

    webhook: Webhook
    secret: str | None = field(repr=False)


def list_webhooks(connection: Connection, organization: str) -> list[Webhook]:
    """An organization's endpoints by name."""
    return _found(connection, organization, None)


def read_webhook(connection: Connection, organization: str, endpoint_id: str) -> Webhook:
    """One endpoint. Raises WebhookUnknown."""
    found = _found(connection, organization, endpoint_id)
    if not found:
        raise WebhookUnknown(
            f"The organization has no webhook {endpoint_id[:60]!r}.", remedy="See `atlas webhook list`."
        )
    return found[0]


def lock_webhook(connection: Connection, organization: str, endpoint_id: str) -> Webhook:
    """The same; until the transaction ends nobody else changes it. Raises WebhookUnknown."""
    scalar(connection, sql("webhooks/secrets_of"), _key(organization, endpoint_id))
    return read_webhook(connection, organization, endpoint_id)


def create_webhook(
    connection: Connection, sealer: Sealer, organization: str, wanted: Wanted, by: By
) -> Revealed:
    """Make an endpoint that takes calls at once. Raises InputError, WebhookTaken."""
    scheme = scheme_named(wanted.scheme)
    _check(scheme, wanted.manner, wanted.rate_limit, verifies=wanted.verifies)
    _require_use(scheme, wanted.manner, verifies=wanted.verifies)
    if wanted.workflow is not None:
        _require_workflow(connection, organization, wanted.workflow)
    endpoint_id = (
        _checked_id(wanted.endpoint_id) if wanted.endpoint_id is not None else secrets.token_urlsafe(18)
    )
    secret = _secret(scheme, wanted.secret) if wanted.verifies or wanted.secret else None
    given = {
        "organization": organization, "workflow": wanted.workflow, "name": _checked_name(wanted.name), "endpoint_id": endpoint_id,
        "secret_id": None if secret is None else _seal(connection, sealer, organization, secret), "scheme": scheme.name,
        "manner": exact_json.dumps_text(wanted.manner.to_json()), "verifies": wanted.verifies, "rate_limit": wanted.rate_limit,
    }  # fmt: skip
    made = scalar(connection, sql("webhooks/create"), given)
    if made is None:
        raise WebhookTaken(
            f"An endpoint {endpoint_id[:60]!r} exists already.", remedy="Choose another id, or none."
        )
    _note(connection, organization, str(made), "create_webhook", by)
    return Revealed(
        read_webhook(connection, organization, endpoint_id), secret if wanted.secret is None else None
    )


def change_webhook(
    connection: Connection, organization: str, endpoint_id: str, change: Change, by: By
) -> Webhook:
    """Change how an endpoint takes calls. Raises InputError, WebhookUnknown."""
    before = lock_webhook(connection, organization, endpoint_id)
    scheme = scheme_named(change.scheme or before.scheme)
    verifies = before.verifies if change.verifies is None else change.verifies
    rate_limit = before.rate_limit if change.rate_limit is None else change.rate_limit
    _check(scheme, change.manner or before.manner, rate_limit, verifies=verifies)
    if (
        change.manner is not None
    ):  # what was migrated with a setting that does nothing can be renamed all the same
        _require_use(scheme, change.manner, verifies=verifies)
    given: dict[str, Any] = {name: getattr(change, name) for name in Change.__slots__}
    given |= {"organization": organization, "endpoint_id": endpoint_id}
    given["name"] = None if change.name is None else _checked_name(change.name)
    given["manner"] = None if change.manner is None else exact_json.dumps_text(change.manner.to_json())
    connection.execute(sql("webhooks/change"), given)
    for action in _actions(change):
        _note(connection, organization, before.id, action, by)
    return read_webhook(connection, organization, endpoint_id)


def rotate_secret(
    connection: Connection,
    sealer: Sealer,
    organization: str,
    endpoint_id: str,
    *,
    until: datetime,
    secret: str | None,
    by: By,
    end_overlap: bool = False,
) -> Revealed:
    """Give an endpoint a new secret; the one before counts `until` then. Raises RotationUnderWay, WebhookUnknown, InputError.

    With `end_overlap` the one that counts still from a rotation before counts no more.
    """
    before = lock_webhook(connection, organization, endpoint_id)
    old: list[UUID] = scalar(connection, sql("webhooks/secrets_of"), _key(organization, endpoint_id))
    made = _secret(scheme_named(before.scheme), secret)
    given: dict[str, Any] = {**_key(organization, endpoint_id), "until": until, "end_overlap": end_overlap}
    given["secret_id"] = _seal(connection, sealer, organization, made)
    if connection.execute(sql("webhooks/rotate"), given).rowcount == 0:
        raise RotationUnderWay(
            "The secret before the present one still counts, so there would be three.",
            remedy=f"Rotate again after {before.previous_until:%Y-%m-%d %H:%M} UTC, or end the overlap with it (end_overlap).",
        )
    _forget(connection, organization, old)
    _note(connection, organization, before.id, "rotate_webhook_secret", by)
    return Revealed(read_webhook(connection, organization, endpoint_id), made if secret is None else None)


def delete_webhook(connection: Connection, organization: str, endpoint_id: str, by: By) -> None:
    """Remove an endpoint and its secrets. Raises WebhookUnknown."""
    before = lock_webhook(connection, organization, endpoint_id)
    old: list[UUID] = scalar(connection, sql("webhooks/secrets_of"), _key(organization, endpoint_id))
    connection.execute(sql("webhooks/delete"), _key(organization, endpoint_id))
    _forget(connection, organization, old)
    _note(connection, organization, before.id, "delete_webhook", by)


def note_test(connection: Connection, organization: str, endpoint_id: str, by: By) -> Webhook:
    """Note that somebody tries an endpoint with a call of our own making. Raises WebhookUnknown."""
    found = read_webhook(connection, organization, endpoint_id)
    _note(connection, organization, found.id, "test_webhook", by)
    return found


def _found(connection: Connection, organization: str, endpoint_id: str | None) -> list[Webhook]:
    rows = named_rows(
        connection, sql("webhooks/list"), {"organization": organization, "endpoint_id": endpoint_id}
    )
    return [Webhook(**row._asdict() | _settings(row.manner)) for row in rows]


def _settings(document: str) -> dict[str, Any]:
    """What a row tells of its manner. One that cannot be read, as after a downgrade, must keep nobody from the others."""
    try:
        return {"manner": read_manner(exact_json.loads(document))}
    except InputError as cause:
        return {"manner": Manner(), "unreadable": f"{cause.fact} {cause.remedy}"}


def _check(scheme: Scheme, manner: Manner, rate_limit: int, *, verifies: bool) -> None:
    if verifies:
        _require_signed(scheme, manner)
    if manner.tolerance is not None and not scheme.tells_time:
        raise InputError(
            f"{scheme.title} signs no time, so none can be checked.",
            remedy="Leave the tolerance out.",
            field="manner.tolerance",
        )
    if not 1 <= rate_limit <= MOST_RATE:
        raise InputError(
            f"The limit is {rate_limit} calls a minute.", remedy=f"Give 1 to {MOST_RATE}.", field="rate_limit"
        )


def _require_use(scheme: Scheme, manner: Manner, *, verifies: bool) -> None:
    """A setting that would do nothing is a misunderstanding. Raises InputError."""
    idle = {
        "subject_by": ("subject_from", manner.subject_by != "id" and manner.subject_from is None),
        "delivery_seconds": ("delivery_from", manner.delivery_seconds is not None and manner.delivery_from is None),
        "tolerance": ("signed calls", manner.tolerance is not None and not verifies),
        "public_url": ("a scheme that signs the address", manner.public_url is not None and not scheme.signs_url),
    }  # fmt: skip
    for name, (needs, does_nothing) in idle.items():
        if does_nothing:
            raise InputError(
                f"{name} does nothing without {needs}.",
                remedy="Add that, or leave it out.",
                field=f"manner.{name}",
            )


def _require_signed(scheme: Scheme, manner: Manner) -> None:
    """Whoever saw one signed call cannot make others of it."""
    bare = [method for method in manner.methods if not is_covered(method, scheme, verifies=True)]
    if bare:
        raise InputError(
            f"{scheme.title} does not sign the address, so what a {bare[0]} says would be nobody's word.",
            remedy="Let it take POST, PUT or PATCH.",
            field="manner.methods",
        )
    own = None if manner.delivery_from is None else read_place(manner.delivery_from)
    is_ageless = manner.tolerance is None and scheme.tolerance is None
    if own is not None and own.where == "header" and is_ageless:
        raise InputError(
            f"{scheme.title} signs no header and no time is checked, so one call would be new for ever under other ids.",
            remedy="Take an id of the body, or check the time where one is signed.",
            field="manner.delivery_from",
        )


def _require_workflow(connection: Connection, organization: str, workflow: str) -> None:
    given = {"organization": organization, "workflow": workflow}
    if not scalar(connection, sql("webhooks/has_workflow"), given):
        raise InputError(
            f"The organization has no workflow {workflow[:60]}.",
            remedy="Name one of its own, or none.",
            field="workflow",
        )


def _checked_id(text: str) -> str:
    is_listing = text.endswith("/deliveries")  # what the API lists deliveries under
    if (
        not text
        or len(text) > MOST_LETTERS
        or not text.isprintable()
        or text.strip("/ ") != text
        or is_listing
    ):
        raise InputError(
            "The endpoint's id is none.",
            remedy=f"Up to {MOST_LETTERS} letters, no slash at the ends, and not /deliveries.",
            field="endpoint_id",
        )
    return text


def _checked_name(text: str) -> str:
    if not text.strip() or len(text) > MOST_LETTERS or "\0" in text:
        raise InputError("The name is none.", remedy=f"Give up to {MOST_LETTERS} letters.", field="name")
    return text.strip()


def _secret(scheme: Scheme, given: str | None) -> str:
    """The secret to seal: the one given, or a random one where the provider takes ours. Raises InputError."""
    if given is None and scheme.secret_is_theirs:
        raise InputError(
            f"{scheme.title} makes the secret.",
            remedy="Copy it from there and give it: --secret-file.",
            field="secret",
        )
    made = _random(scheme) if given is None else given.strip()
    key = scheme.key(made)
    if "\0" in made or key is None or len(key.removeprefix(PREFIX)) < LEAST_SECRET:
        raise InputError(
            f"This can be no secret of {scheme.title}.", remedy=scheme.documentation, field="secret"
        )
    return made


def _random(scheme: Scheme) -> str:
    made = secrets.token_bytes(32)
    return f"whsec_{base64.b64encode(made).decode()}" if scheme.name == "standard" else made.hex()


def _seal(connection: Connection, sealer: Sealer, organization: str, secret: str) -> UUID:
    given = {
        "organization": organization,
        "sealed": sealer.seal(secret),
        "key_id": sealer.key_id,
        "hint": hint(secret),
    }
    made: UUID = scalar(connection, sql("webhooks/keep_secret"), given)
    return made


def _forget(connection: Connection, organization: str, old: list[UUID]) -> None:
    connection.execute(sql("webhooks/forget_secrets"), {"organization": organization, "secrets": old})


def _actions(change: Change) -> list[str]:
    """To pause or resume is told apart from a change of rules, also where both come at once."""
    told = [] if change.is_active is None else ["resume_webhook" if change.is_active else "pause_webhook"]
    is_more = replace(change, is_active=None) != Change()
    return ["change_webhook", *told] if is_more or not told else told


def _note(connection: Connection, organization: str, id_: str, action: str, by: By) -> None:
    audit.record(
        connection,
        Subject(TABLE, id_),
        actor=by.actor,
        action=action,
        reason=by.reason,
        organization_id=organization,
    )


def _key(organization: str, endpoint_id: str) -> Mapping[str, str]:
    return {"organization": organization, "endpoint_id": endpoint_id}
