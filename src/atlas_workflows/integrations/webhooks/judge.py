"""What becomes of a call: a delivery to store, an answer to a question, or a refusal. Pure: the clock and ids are arguments."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hmac import compare_digest
from typing import Any, NamedTuple

from atlas_workflows.errors import InvalidJson
from atlas_workflows.integrations.webhooks.call import BODILESS, FORM, Call, read_form, read_json
from atlas_workflows.integrations.webhooks.endpoint import Endpoint
from atlas_workflows.integrations.webhooks.manner import FACTS, MOST_LETTERS
from atlas_workflows.integrations.webhooks.rules import PassedOver, Refused, unwanted
from atlas_workflows.integrations.webhooks.verify import Believed, in_force, verify

FACTS_SET = frozenset(FACTS)
_UNFIT = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Answered:
    """The call only asked something; nothing is stored."""

    text: str


class Delivery(NamedTuple):
    """What is stored of a call that is believed, once per `key`, remembered for `seconds` (None: as long as any is).

    `subject` is an id, or what the endpoint's `subject_by` says.
    """

    endpoint: Endpoint
    id: str
    key: str
    seconds: int | None
    event: str | None
    subject: str | None
    order: str | None
    trigger: Mapping[str, Any]


def judge(endpoint: Endpoint, call: Call, now: float, id_: str) -> Delivery | Answered | PassedOver | Refused:
    """What becomes of a call that was read whole. Never raises for what is in it."""
    if call.method == "HEAD":
        return Answered("")
    if call.method == "GET" and endpoint.scheme.challenge is not None:
        if (answer := endpoint.scheme.challenge(call, in_force(endpoint.secrets, now))) is not None:
            return Answered(answer)
        if "GET" not in endpoint.methods:
            return Refused(
                403,
                "challenge_refused",
                "The question is not ours to answer.",
                "Enter the verify token anew.",
            )
    believed: Believed | None = None
    if endpoint.verifies:
        found = verify(endpoint.scheme, call, endpoint.secrets, now, endpoint.manner.tolerance)
        if not isinstance(found, Believed):
            return Refused(
                401, found.value, found.sentence, "Sign it as the endpoint's scheme says, with its secret."
            )
        believed = found
        if endpoint.scheme.asks is not None and (asked := endpoint.scheme.asks(call)) is not None:
            return Answered(asked)
    try:
        body = _body(call)
    except InvalidJson as cause:
        return Refused(400, "body_unreadable", cause.fact, cause.remedy)
    return _delivery(endpoint, call, body, believed, id_, now)


def _body(call: Call) -> Any:
    if call.method in BODILESS:
        return read_form(call.query.encode("utf-8", "surrogateescape"))
    return read_form(call.body) if call.content_type == FORM else read_json(call.body)


def _delivery(
    endpoint: Endpoint, call: Call, body: Any, believed: Believed | None, id_: str, now: float
) -> Delivery | PassedOver | Refused:
    key, seconds = _key(endpoint, call, body, believed, id_)
    event = None
    for place in endpoint.event:
        if event := place.read(call, body):
            break
    subject = None if endpoint.subject is None else endpoint.subject.read(call, body)
    order = None if endpoint.order is None else endpoint.order.read(call, body)
    if not (_fits(key) and _fits(event) and (subject is order is None or (_fits(subject) and _fits(order)))):
        return _unfit({"delivery id": key, "event": event, "subject": subject, "order": order})
    shown = None if endpoint.scheme.shown_id is None else endpoint.scheme.shown_id.read(call, body)
    facts: dict[str, Any] = {
        "endpoint_id": endpoint.endpoint_id,
        "method": call.method,
        "delivery_id": shown if shown is not None and _fits(shown) else key,
        "signed": believed is not None,
    }
    if event is not None:
        facts["event"] = event
    facts["headers"] = _asked(endpoint, call) if endpoint.asked else {}
    trigger = _trigger(endpoint, call, body, facts)
    if (endpoint.events or endpoint.conditions is not None) and (
        reason := unwanted(endpoint, event, trigger, now)
    ) is not None:
        return reason
    return Delivery(endpoint, id_, key, seconds, event, subject, order, trigger)


def _unfit(named: Mapping[str, str | None]) -> Refused:
    unfit = next(name for name, value in named.items() if not _fits(value))
    fact = f"The {unfit} has more than {MOST_LETTERS} letters, or some that are none."
    return Refused(400, "unfit_name", fact, "Send a shorter one.")


def _fits(text: str | None) -> bool:
    """Whether it can be a key: not long, and nothing in it that PostgreSQL cannot hold."""
    if text is None:
        return True
    if len(text) > MOST_LETTERS:
        return False
    return "\0" not in text if text.isascii() else _UNFIT.search(text) is None


def _asked(endpoint: Endpoint, call: Call) -> dict[str, list[str]]:
    """The headers that triggers ask for, where they came as asked: by name what each of the triggers hears of it."""
    found: dict[str, list[str]] = {}
    for asked in endpoint.asked:
        given = call.headers.get(asked.name)
        if given is not None and _is_as_wanted(asked.name, given, asked.wanted):
            found.setdefault(asked.name, []).append(asked.told)
    return found


def _is_as_wanted(name: str, given: str, wanted: str) -> bool:
    if name == "content-type" and ";" not in wanted:
        return given.partition(";")[0].strip().lower() == wanted.strip().lower()
    return compare_digest(given.encode("utf-8", "surrogateescape"), wanted.encode("utf-8", "surrogatepass"))


def _key(
    endpoint: Endpoint, call: Call, body: Any, believed: Believed | None, id_: str
) -> tuple[str, int | None]:
    """What tells a repeat, and for how long. A call that nobody signed tells none, unless the endpoint says where."""
    if endpoint.delivery is not None and (own := endpoint.delivery.read(call, body)) is not None:
        return f"own {own}", endpoint.manner.delivery_seconds
    if believed is None:
        return f"call {id_}", None
    scheme = endpoint.scheme
    said = believed.id or (None if scheme.delivery is None else scheme.delivery.read(call, body))
    if said is not None:
        return f"id {said}", None
    return f"digest {believed.digest}", scheme.same_for


def _says_the_same(body: Mapping[str, Any], facts: Mapping[str, Any]) -> bool:
    """Whether the body names none of our facts, or just as we do, such as an event that was found there."""
    named = FACTS_SET.intersection(body)
    return not named or all(name in facts and body[name] == facts[name] for name in named)


def _trigger(endpoint: Endpoint, call: Call, body: Any, facts: Mapping[str, Any]) -> dict[str, Any]:
    """What the trigger says: the fields of the body, those that the endpoint maps, and ours, which nothing sent replaces."""
    if not endpoint.mapping and type(body) is dict and _says_the_same(body, facts):  # nearly always
        return {**body, **facts}
    taken = ((name, place.take(call, body)) for name, place in endpoint.mapping)
    mapped = {name: value for name, value in taken if value is not None}
    if not isinstance(body, dict):
        return {"body": body, **mapped, **facts}
    hidden = {name: body[name] for name in FACTS if name in body and body[name] != facts.get(name)}
    # Also where we say nothing, what was sent does not stand for it.
    own = {name: value for name, value in body.items() if name not in FACTS_SET}
    if hidden:
        return {**own, **mapped, "sent": hidden, **facts}
    return {**own, **mapped, **facts}
