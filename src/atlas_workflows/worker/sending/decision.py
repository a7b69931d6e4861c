"""Send, skip or hold: one decision about one message at one moment, with the reason in words."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from atlas_workflows.worker.sending.facts import Facts, Message, Said
from atlas_workflows.worker.sending.policy import ChannelPolicy
from atlas_workflows.worker.sending.where import Zones, infer_zones
from atlas_workflows.worker.sending.windows import hours_of, is_quiet, next_open_everywhere

SESSION = timedelta(hours=24)  # WhatsApp's, from the contact's last message
_SPANS = (("per_day", "24 hours", timedelta(days=1)), ("per_week", "7 days", timedelta(days=7)))
LOOKED_BACK = _SPANS[-1][2]


@dataclass(frozen=True, slots=True)
class Send:
    """It may go. `exempt_from` is what would have stopped it if it were no transactional message."""

    exempt_from: str | None = None


@dataclass(frozen=True, slots=True)
class Skip:
    """It does not go, now or later."""

    reason: str


@dataclass(frozen=True, slots=True)
class Hold:
    """It may go at `until`, as far as one can tell now; it is decided anew then."""

    until: datetime
    reason: str


Decision = Send | Skip | Hold


def decide(message: Message, facts: Facts, now: datetime) -> Decision:
    """What becomes of a message at the aware instant `now`. The first rule that stops it is the reason."""
    if is_outside_session(message, facts, now):
        return Skip(_OUTSIDE)
    found = _no_consent(message, facts) or _in_time(message, facts, now)
    if found is None:
        return Send()
    return Send(found.reason) if message.is_transactional else found


def is_outside_session(message: Message, facts: Facts, now: datetime) -> bool:
    """Whether it is a free WhatsApp message more than 24 hours after the last one from the contact."""
    if message.channel != "whatsapp" or message.is_template:
        return False
    return facts.heard_at is None or now >= facts.heard_at + SESSION


_OUTSIDE = "whatsapp_window: WhatsApp takes free text only within 24 hours of the contact's last message; templates always."


def _no_consent(message: Message, facts: Facts) -> Skip | None:
    about = [said for said in facts.said if said.channel in ("all", message.channel)]
    withdrawn = [said for said in about if not said.granted]
    if withdrawn:
        return Skip(f"consent: {_withdrawal(withdrawn[0])}")
    if not about and facts.policy.on(message.channel).without_consent == "skip":
        return Skip(f"no_consent: nothing says that they agreed to {message.channel} (without_consent).")
    return None


def _withdrawal(said: Said) -> str:
    when = "" if said.at is None else f" on {said.at:%Y-%m-%d}"
    return f"withdrawn{when} ({said.basis})."


def _in_time(message: Message, facts: Facts, now: datetime) -> Skip | Hold | None:
    policy = facts.policy.on(message.channel)
    zones = infer_zones(facts.whereabouts, facts.policy.zones)
    hours = facts.policy.hold_at_most_hours
    last = max(now, message.asked_at + timedelta(hours=hours))
    if not zones.names and (policy.quiet_hours or policy.business_hours):
        return Skip("unknown_zone: nothing says in which time zone they are (zones in the policy).")
    moment = _first_moment(message, facts, zones, now, last)
    if moment == now:
        return None
    reason = _why_not_now(message, facts, zones, now)
    if moment is None:
        return Skip(f"{reason} It could not go within {hours} hours (hold_at_most_hours).")
    if is_outside_session(message, facts, moment):
        return Skip(f"{reason} By then WhatsApp takes no free text any more.")
    return Hold(moment, reason)


def _first_moment(
    message: Message, facts: Facts, zones: Zones, now: datetime, last: datetime
) -> datetime | None:
    policy, moment = facts.policy.on(message.channel), now
    while True:
        opened = next_open_everywhere(hours_of(policy), zones.names, moment, last)
        freed = None if opened is None else _below_caps(message, facts, policy, opened)
        if freed is None or freed > last:
            return None
        if freed == opened:
            return freed
        moment = freed


def _below_caps(message: Message, facts: Facts, policy: ChannelPolicy, moment: datetime) -> datetime | None:
    """The first moment from `moment` on at which no cap is reached; None where a limit is 0."""
    free, newest_first = moment, sorted(facts.sent_at, reverse=True)
    for name, _, span in _SPANS:
        limit = getattr(policy, name).of(message.priority)
        if limit == 0:
            return None
        if limit is not None and len(newest_first) >= limit:
            free = max(free, newest_first[limit - 1] + span)
    return free


def _why_not_now(message: Message, facts: Facts, zones: Zones, now: datetime) -> str:
    policy = facts.policy.on(message.channel)
    if next_open_everywhere(hours_of(policy), zones.names, now, now) is None:
        if policy.quiet_hours is not None and is_quiet(policy.quiet_hours, zones.names, now):
            return f"quiet_hours: {policy.quiet_hours} in {zones.words}."
        return f"business_hours: outside of business hours in {zones.words}."
    for name, words, span in _SPANS:
        limit = getattr(policy, name).of(message.priority)
        recent = sum(at > now - span for at in facts.sent_at)
        if limit is not None and recent >= limit:
            return f"cap: {recent} messages by {message.channel} in {words}, at most {limit} of {message.priority} priority."
    raise AssertionError("something stops it")
