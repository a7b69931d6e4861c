"""Whether a call was signed with one of the secrets in force, and not too long ago. Pure: the clock is an argument."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import NamedTuple

from atlas_workflows.integrations.webhooks.call import BODILESS, Call
from atlas_workflows.integrations.webhooks.scheme import MOST_SIGNATURES, Scheme


class Distrust(StrEnum):
    """Why a call is not believed."""

    UNSIGNED = "unsigned"
    WRONG = "wrong_signature"
    STALE = "stale_signature"
    NO_SECRET = "no_secret"  # noqa: S105

    @property
    def sentence(self) -> str:
        """For whoever looks after the caller."""
        return _SENTENCES[self]


_SENTENCES = {
    Distrust.UNSIGNED: "The call has no signature that can be read.",
    Distrust.WRONG: "The signature fits none of the endpoint's secrets.",
    Distrust.STALE: "The signature is right, but its time is too far from ours.",
    Distrust.NO_SECRET: "The endpoint has no secret to check signatures with.",
}


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret in force; `until` (Unix seconds) ends its overlap with the one that replaced it."""

    text: str
    until: float | None = None


def in_force(secrets: Sequence[Secret], now: float) -> tuple[str, ...]:
    """The texts of the secrets that count at this instant."""
    return tuple([secret.text for secret in secrets if secret.until is None or now < secret.until])


class Believed(NamedTuple):
    """A call that is the provider's: `id` is what tells a repeat, where the provider says one; `digest` where it does not."""

    id: str | None
    digest: str


def verify(
    scheme: Scheme, call: Call, secrets: Sequence[Secret], now: float, tolerance: float | None = None
) -> Believed | Distrust:
    """Whether a call is believed; never raises. `tolerance` replaces the scheme's."""
    claim = scheme.read(call)
    if claim is None or not claim.signatures:
        return Distrust.UNSIGNED
    has_key = is_right = False
    for secret in secrets:  # all of them, so that the time it takes does not say which one came close
        if (secret.until is not None and now >= secret.until) or (key := scheme.key(secret.text)) is None:
            continue
        has_key = True
        for signature in claim.signatures[:MOST_SIGNATURES]:
            is_right |= scheme.matches(key, claim.signed, signature)
    if not is_right:
        return Distrust.WRONG if has_key else Distrust.NO_SECRET
    if _is_stale(claim.at, now, scheme.tolerance if tolerance is None else tolerance):
        return Distrust.STALE
    told = claim.signed if scheme.repeats == "signed" else _brought(call)
    return Believed(claim.id, sha256(told).hexdigest())


def _brought(call: Call) -> bytes:
    """What makes a call another one where neither an id nor all that was signed does."""
    return call.query.encode("utf-8", "surrogateescape") if call.method in BODILESS else call.body


def _is_stale(at: float | None, now: float, tolerance: float | None) -> bool:
    return tolerance is not None and (at is None or abs(now - at) > tolerance)
