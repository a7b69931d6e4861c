"""Callers that may use the old fields without a key for a while: let in, listed, withdrawn (audited), and recognized."""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import one, rows
from atlas_workflows.db.sql_files import sql
from atlas_workflows.errors import InputError
from atlas_workflows.secrets.api_keys import NewKey, hash_of, mint
from atlas_workflows.store.steering import By, audit

LONGEST = timedelta(days=180)
LONGEST_NAME, MOST_NETWORKS = 100, 20
WIDEST = {4: 8, 6: 32}  # bits that a network must at least name: a let-in for everybody is none


@dataclass(frozen=True, slots=True)
class LetIn:
    """One that is let in, as it may be shown; the shared secret is kept nowhere."""

    id: str
    organization: str
    name: str
    networks: list[str]
    reason: str
    created_by: str
    created_at: datetime
    expires_at: datetime
    withdrawn_at: datetime | None
    withdrawn_by: str | None
    calls: int
    last_at: datetime | None

    def refusal(self, now: datetime) -> str | None:
        """Why it lets nobody in any more, in words; None where it is in force."""
        if self.withdrawn_at is not None:
            return "It was withdrawn."
        return "It has expired." if self.expires_at <= now else None

    def admits(self, address: str | None) -> bool:
        """Whether one who calls from this address is meant."""
        try:
            found = ipaddress.ip_address((address or "").strip("[]"))
        except ValueError:
            return False
        mapped = getattr(found, "ipv4_mapped", None)
        return any((mapped or found) in ipaddress.ip_network(each) for each in self.networks)


def let_in(
    connection: Connection,
    organization: str,
    name: str,
    networks: Iterable[str],
    expires_at: datetime,
    by: By,
    now: datetime,
) -> tuple[LetIn, NewKey]:
    """Let a caller in, with a secret that is not to be had again. Raises InputError for what cannot be."""
    named, wanted = name.strip(), [_network(each) for each in networks]
    _require_possible(named, wanted, expires_at, now)
    made = mint()
    given = {
        "organization": organization, "name": named, "networks": wanted, "hash": made.hash, "reason": by.reason.strip(),
        "by": by.actor.strip(), "now": now, "expires_at": expires_at,
    }  # fmt: skip
    with connection.transaction():
        kept = one(connection, LetIn, sql("v1/insert_let_in"), given)
        if kept is None:
            raise InputError(
                f"{named!r} is let in already, or was until it expired.",
                remedy="Withdraw that one, or take another name.",
            )
        audit(connection, organization, ("v1_let_ins", kept.id), "let_in_to_v1", by)
    return kept, made


def list_let_ins(connection: Connection, organization: str) -> list[LetIn]:
    """The newest first, those that are withdrawn or have expired too."""
    return rows(connection, LetIn, sql("v1/let_ins"), {"organization": organization, "hash": None})


def withdraw(connection: Connection, organization: str, id_: str, by: By, now: datetime) -> str:
    """Let a caller in no more; its name. Raises InputError where none of this id is to be withdrawn."""
    given = {"organization": organization, "id": id_, "by": by.actor.strip(), "now": now}
    with connection.transaction():
        found = one(connection, _Named, sql("v1/withdraw"), given)
        if found is None:
            raise InputError(
                f"This organization has no let-in {id_} that is not withdrawn.",
                remedy="See `atlas v1 let-ins`.",
            )
        audit(connection, organization, ("v1_let_ins", id_), "withdraw_from_v1", by)
    return found.name


def find_let_in(connection: Connection, secret: str) -> LetIn | None:
    """The one whose secret this is, also one that lets nobody in any more."""
    given = {"organization": None, "hash": hash_of(secret)}
    return one(connection, LetIn, sql("v1/let_ins"), given)


@dataclass(frozen=True, slots=True)
class _Named:
    name: str


def _network(text: str) -> str:
    try:
        found = ipaddress.ip_network(text.strip())
    except ValueError as cause:
        raise InputError(
            f"{text[:60]!r} is no address and no network.", remedy="Write 203.0.113.7 or 203.0.113.0/24.",
            field="network",
        ) from cause  # fmt: skip
    if found.prefixlen < WIDEST[found.version]:
        raise InputError(
            f"{found} is nearly everybody.", remedy=f"Name a network of at least /{WIDEST[found.version]}.", field="network"
        )  # fmt: skip
    return str(found)


def _require_possible(name: str, networks: list[str], expires_at: datetime, now: datetime) -> None:
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        raise InputError(
            f"A name has 1 to {LONGEST_NAME} letters.", remedy="Name it after who calls.", field="name"
        )
    if not 1 <= len(networks) <= MOST_NETWORKS:
        raise InputError(
            f"{len(networks)} networks are named.", remedy=f"Name 1 to {MOST_NETWORKS} with --network.", field="network"
        )  # fmt: skip
    if not now < expires_at <= now + LONGEST:
        raise InputError(
            f"It would end at {expires_at:%Y-%m-%d %H:%M}.",
            remedy=f"Name a time within {LONGEST.days} days from now; it can be let in anew.", field="expires",
        )  # fmt: skip
