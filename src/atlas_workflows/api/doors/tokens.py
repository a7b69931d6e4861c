"""The door for tokens of an identity provider: issuer, audience and algorithms are fixed; who belongs where the CRM says."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any
from uuid import UUID

import httpx
import jwt
import structlog
from jwt.types import Options

from atlas_workflows.api.database import Database
from atlas_workflows.api.doors.caller import Caller
from atlas_workflows.api.doors.provider import Provider
from atlas_workflows.api.doors.refusing import unauthenticated
from atlas_workflows.api.manners.problems import HttpProblem
from atlas_workflows.db.rows import rows
from atlas_workflows.db.sql_files import sql

LEEWAY_SECONDS = 60
KEYS_SECONDS, KEYS_AGAIN_SECONDS, FETCH_SECONDS = 3600.0, 30.0, 5.0
LONGEST_TOKEN = 16_384
_REQUIRED: Options = {"require": ["exp", "iss", "aud", "sub"]}


class Keys:
    """The provider's public keys, fetched anew every hour and when a token names one that is not known, not oftener than every 30 s.

    While the provider does not answer the last ones hold.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._known: dict[str, jwt.PyJWK] = {}
        self._fetched_at = self._tried_at = float("-inf")
        self._is_fetching = False
        self._lock = Lock()

    def find(self, named: str, at: float) -> jwt.PyJWK | None:
        """The key of an id; `at` is the clock in seconds. Raises HttpProblem while nobody can know whether there is one."""
        if self._takes_turn(named, at):
            self._fetch(at)
        found = self._known.get(named)
        if found is None and (self._is_fetching or not self._known):
            fact = "The identity provider's keys are not to be had."
            raise HttpProblem(
                "unavailable", fact, remedy="Try again in a moment.", headers={"Retry-After": "2"}
            )
        return found

    def _takes_turn(self, named: str, at: float) -> bool:
        """Whether it is for this caller to fetch them. Nobody else waits for it: those who come with a key need no provider."""
        with self._lock:
            stale = at - self._fetched_at > KEYS_SECONDS or named not in self._known
            if self._is_fetching or not stale or at - self._tried_at <= KEYS_AGAIN_SECONDS:
                return False
            self._tried_at, self._is_fetching = at, True
            return True

    def _fetch(self, at: float) -> None:
        try:
            answer = httpx.get(self.url, timeout=FETCH_SECONDS, follow_redirects=False).raise_for_status()
            found = jwt.PyJWKSet.from_dict(answer.json()).keys
            self._known = {key.key_id: key for key in found if key.key_id is not None}
            self._fetched_at = at
        except (httpx.HTTPError, ValueError, AttributeError, jwt.PyJWTError) as cause:
            structlog.get_logger().warning("the identity provider's keys are not to be had", error=str(cause))
        finally:
            self._is_fetching = False


class Tokens:
    """Reads tokens of one provider."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self.keys = Keys(provider.keys_url)

    def caller(self, database: Database, text: str, now: datetime) -> Caller:
        """The user whom a token names, with what the membership tables let him do. Raises HttpProblem."""
        claims = self._claims(text, now)
        user = _user(claims.get("sub"))
        with database.session() as connection:
            found = rows(connection, _Membership, sql("api/memberships"), {"user": user})
        return Caller(
            f"user:{user}", "user", {each.organization: frozenset(each.permissions) for each in found}, user=user
        )  # fmt: skip

    def _claims(self, text: str, now: datetime) -> Mapping[str, Any]:
        if len(text) > LONGEST_TOKEN:
            raise unauthenticated("The token is longer than any of ours.")
        try:
            named = jwt.get_unverified_header(text).get("kid")
            key = self.keys.find(named, now.timestamp()) if isinstance(named, str) else None
            if key is None:
                raise unauthenticated("The token names no key of the identity provider.")
            claims: dict[str, Any] = jwt.decode(
                text, key, algorithms=list(self.provider.algorithms), audience=self.provider.audience,
                issuer=self.provider.issuer, leeway=LEEWAY_SECONDS, options=_REQUIRED,
            )  # fmt: skip
        except (jwt.PyJWTError, ValueError, TypeError) as cause:
            raise unauthenticated("The token is not in force here.") from cause
        return claims


@dataclass(frozen=True, slots=True)
class _Membership:
    organization: str
    permissions: list[str]


def _user(subject: Any) -> str:
    try:
        return str(UUID(str(subject)))
    except ValueError:
        raise unauthenticated("The token names no user of ours.") from None
