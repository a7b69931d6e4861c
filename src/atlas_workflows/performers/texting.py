"""What SMS and WhatsApp share: a message handed to Twilio, and what its answer, its silence and its list of messages mean."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg
from psycopg_pool import PoolTimeout

from atlas_workflows.db.rows import named_rows
from atlas_workflows.db.sql_files import sql
from atlas_workflows.integrations.credentials import NoCredential, Vault, VaultAway
from atlas_workflows.integrations.egress import EgressRefused, Interrupted, NotConnected, Response
from atlas_workflows.integrations.twilio import (
    CONNECTOR,
    Account,
    Form,
    Message,
    Twilio,
    account_of,
    document_of,
)
from atlas_workflows.worker.model import Answer, Dispatch, NotSent, Performed, Refused, Unclear

SKEW = timedelta(seconds=60)  # between Twilio's clock, which shows whole seconds, and the database's
MAX_CHARACTERS = 1600
_APART = re.compile(r"[\s().\-/]+")
_NUMBER = re.compile(r"\+[1-9]\d{6,14}")

Compose = Callable[[Account, Dispatch, str], Form | Refused]


@dataclass(frozen=True, slots=True)
class Texting:
    """`compose(account, effect, number)` is the form of a message. The truth after a crash is asked of Twilio's list."""

    kind: str
    twilio: Twilio
    vault: Vault | None
    compose: Compose
    concurrency: int = 16

    def may_repeat(self, effect: Dispatch) -> bool:  # noqa: ARG002
        """No: Twilio takes no key, and sends the same message twice."""
        return False

    def perform(self, effect: Dispatch) -> Answer:
        """Hand it in."""
        prepared = self._prepared(effect)
        if not isinstance(prepared, tuple):
            return prepared
        account, form = prepared
        try:
            response = self.twilio.send(account, form)
        except EgressRefused as cause:
            return Refused("configuration", str(cause), may_retry=False)
        except NotConnected as cause:
            return Refused("connection", str(cause))
        except Interrupted as cause:
            return self._listed(effect, account, form) or Unclear(str(cause))
        return _verdict(response) or self._listed(effect, account, form) or _without_word(response)

    def look_up(self, effect: Dispatch) -> Answer | None:
        """Whether Twilio lists the message; None where that cannot be told for certain."""
        prepared = self._prepared(effect)
        return self._listed(effect, *prepared) if isinstance(prepared, tuple) else None

    def _prepared(self, effect: Dispatch) -> tuple[Account, Form] | Answer:
        number = number_of(effect)
        if isinstance(number, Refused):
            return number
        if self.vault is None:
            return Refused("configuration", "No database holds credentials here.", may_retry=False)
        try:
            account = account_of(self.vault.credential(effect.organization, CONNECTOR))
        except NoCredential as cause:
            return Refused("configuration", str(cause), may_retry=False)
        except VaultAway:
            return NotSent()
        form = self.compose(account, effect, number)
        return form if isinstance(form, Refused) else (account, form)

    def _listed(self, effect: Dispatch, account: Account, form: Form) -> Performed | None:
        given = dict(form)
        since = effect.intended_at
        if since is None or not given.get("Body"):
            return None  # what Twilio makes of a template is not known here
        try:
            taken = self._taken(effect, given["To"])
            listed = None if taken is None else self.twilio.sent_to(account, given["To"], since - SKEW)
        except (EgressRefused, NotConnected, Interrupted, psycopg.Error, PoolTimeout):
            return None
        if listed is None or taken is None:
            return None
        same = [message for message in listed if message.sid not in taken and _is(message, given)]
        return _performed(same[0].sid, same[0].status, given["To"]) if len(same) == 1 else None

    def _taken(self, effect: Dispatch, to: str) -> set[str] | None:
        """Messages that other effects with the same words made; None where it is not known which ones those are."""
        given = {
            "organization": effect.organization,
            "kind": effect.kind,
            "key": effect.key,
            "since": effect.intended_at and effect.intended_at - SKEW,
            "message": effect.content.get("message"),
            "digits": re.sub(r"\D", "", to),
        }
        assert self.vault is not None  # without one nothing is prepared
        with self.vault.pool.connection() as connection:
            others = named_rows(connection, sql("engine/texts_like"), given)
        return (
            {row.sid for row in others} if all(row.status == "done" and row.sid for row in others) else None
        )


def number_of(effect: Dispatch) -> str | Refused:
    """The number to send to, as E.164 writes it; without its country nobody knows whose it is."""
    given = effect.content.get("to") or effect.contact.get("phone")
    if not given:
        return Refused("data", "The contact has no phone number.", may_retry=False)
    number = _APART.sub("", str(given).removeprefix("whatsapp:"))
    if _NUMBER.fullmatch(number) is None:
        said = "The phone number is not written internationally, such as +447700900123: its country is not guessed."
        return Refused("data", said, may_retry=False)
    return number


def words_of(effect: Dispatch) -> str | Refused:
    """The text to send."""
    message = str(effect.content.get("message") or "")
    if effect.content.get("template_id"):
        return Refused(
            "configuration", "Stored templates cannot be sent yet: write the message.", may_retry=False
        )
    if not message.strip():
        return Refused("data", "The message is empty.", may_retry=False)
    if len(message) > MAX_CHARACTERS:
        said = f"The message has {len(message)} characters; Twilio takes {MAX_CHARACTERS}."
        return Refused("data", said, may_retry=False)
    return message


def media_of(effect: Dispatch) -> list[tuple[str, str]]:
    """Pictures to send along, as parts of the form."""
    given: Any = effect.content.get("media_urls") or []
    return [("MediaUrl", str(url)) for url in given if url]


def _is(message: Message, form: dict[str, str]) -> bool:
    sender = form.get("From")
    same_sender = message.sender == sender if sender else message.service == form.get("MessagingServiceSid")
    return same_sender and message.body.strip() == form["Body"].strip()


def _performed(sid: Any, status: Any, to: str, segments: Any = None) -> Performed:
    told = {"sid": sid, "status": status, "to": to}
    return Performed(told if segments is None else told | {"segments": segments})


def _verdict(response: Response) -> Answer | None:
    """What an answer means by itself; None where it leaves open whether the message was taken."""
    status, document = response.status, document_of(response)
    sid = document.get("sid")
    if 200 <= status < 300:
        if not (isinstance(sid, str) and sid):
            return None
        return _performed(sid, document.get("status"), str(document.get("to")), document.get("num_segments"))
    said = _said(status, document)
    if status == 429:
        after = response.headers.get("retry-after")
        return Refused("rate_limit", said + (f" It asks to wait {after[:20]} s." if after else ""))
    if status in (401, 403):
        return Refused(
            "configuration", f"{said} Check the organization's credential for twilio.", may_retry=False
        )
    return Refused("rejected", said, may_retry=False) if 400 <= status < 500 and status != 408 else None


def _without_word(response: Response) -> Answer:
    """An answer that says nothing of the message, which the list does not show either: 503 is given before anything is done."""
    said = _said(response.status, document_of(response))
    return Refused("provider", said) if response.status == 503 else Unclear(said)


def _said(status: int, document: dict[str, Any]) -> str:
    code, message = document.get("code"), document.get("message")
    if code is None and message is None:
        return f"Twilio answered with status {status}."
    return f"Twilio answered {code}: {str(message)[:300]} (status {status})."
