"""The pure decision: never in quiet hours, a hold ends where it may go, the day of a clock change included."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from atlas_workflows.errors import InputError
from atlas_workflows.graph.catalogue import Role
from atlas_workflows.nodes.catalogue import load_catalogue
from atlas_workflows.time_zones import read_zone
from atlas_workflows.worker.sending.calling_codes import COUNTRIES, countries_of
from atlas_workflows.worker.sending.decision import Hold, Send, Skip, decide
from atlas_workflows.worker.sending.facts import Facts, Message, Said, Whereabouts, message_in
from atlas_workflows.worker.sending.policy import CHANNEL_OF, DEFAULT, SendPolicy, policy_from_text
from atlas_workflows.worker.sending.where import infer_zones, zones_of_phones

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
QUIET = SendPolicy.model_validate(
    {"email": {"quiet_hours": "21:00-08:00", "per_day": {"low": 1, "normal": 2, "high": 3}, "per_week": {}}}
)
MAIL = Message("email", NOON)
LONDON = Whereabouts(own=("Europe/London",))

# Every clock change of 2026 lies in it somewhere.
moments = st.integers(0, 365 * 86_400_000).map(
    lambda milliseconds: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
)
zones = st.lists(
    st.sampled_from(
        ["Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Casablanca"]
    ),
    min_size=1,
    max_size=2,
    unique=True,
).map(tuple)
times = st.builds("{:02d}:{:02d}".format, st.integers(0, 23), st.integers(0, 59))
quiet = st.builds("{}-{}".format, times, times).filter(lambda text: text[:5] != text[6:])
hours = st.none() | st.just(
    {"mon": ["09:00-12:00", "13:30-18:00"], "wed": ["00:00-24:00"], "sun": ["10:00-11:00"]}
)
caps = st.none() | st.integers(1, 3)


@st.composite
def cases(draw: Any) -> tuple[Message, Facts, datetime]:
    now = draw(moments)
    channel: dict[str, Any] = {
        "quiet_hours": draw(st.none() | quiet), "business_hours": draw(hours),
        "per_day": {"normal": draw(caps)}, "per_week": {"normal": draw(caps)},
    }  # fmt: skip
    channel = {**channel, "per_day": {**channel["per_day"], "high": None, "low": 0}}
    channel["per_week"] |= {"low": 0}
    policy = SendPolicy.model_validate({"email": channel, "hold_at_most_hours": draw(st.integers(1, 400))})
    sent = draw(st.lists(st.integers(1, 10_000), max_size=4))
    at = tuple(now - timedelta(minutes=minutes) for minutes in sent)
    facts = Facts(policy, (), Whereabouts(own=draw(zones)), at)
    return Message("email", now - timedelta(hours=draw(st.integers(0, 3)))), facts, now


def is_quiet(policy: SendPolicy, zone: str, at: datetime) -> bool:
    """By the wall clock alone, independently of the windows."""
    if policy.email.quiet_hours is None:
        return False
    begin, end = policy.email.quiet_hours.split("-")
    wall = f"{at.astimezone(read_zone(zone)):%H:%M}"
    return begin <= wall < end if begin < end else wall >= begin or wall < end


@given(cases())
def test_nothing_goes_in_quiet_hours_or_above_a_cap(case: tuple[Message, Facts, datetime]) -> None:
    message, facts, now = case
    assume(isinstance(decide(message, facts, now), Send))
    assert not any(is_quiet(facts.policy, zone, now) for zone in facts.whereabouts.own)
    for limit, days in ((facts.policy.email.per_day.normal, 1), (facts.policy.email.per_week.normal, 7)):
        assert limit is None or sum(at > now - timedelta(days=days) for at in facts.sent_at) < limit


@given(cases())
def test_a_hold_ends_when_it_would_be_sent_and_not_a_minute_too_late(
    case: tuple[Message, Facts, datetime],
) -> None:
    message, facts, now = case
    held = decide(message, facts, now)
    assume(isinstance(held, Hold))
    assert isinstance(held, Hold)
    assert held.until > now
    assert decide(message, facts, held.until) == Send()
    before = held.until - timedelta(minutes=1)
    assert before < now or not isinstance(decide(message, facts, before), Send)


@given(cases())
def test_a_transactional_message_always_goes_and_says_what_from_it_is_exempt(
    case: tuple[Message, Facts, datetime],
) -> None:
    message, facts, now = case
    found = decide(replace(message, message_class="transactional"), facts, now)
    plain = decide(message, facts, now)
    assert found == (Send() if isinstance(plain, Send) else Send(plain.reason))


@pytest.mark.parametrize(
    ("at", "until"),
    [
        ("2026-03-02T23:00", "2026-03-03T08:00"),
        ("2026-03-29T00:30", "2026-03-29T07:00"),  # the clock went forward: eight in London is seven
        ("2026-10-25T00:30", "2026-10-25T08:00"),  # and back
    ],
)
def test_a_mail_waits_for_the_morning_of_its_reader(at: str, until: str) -> None:
    now = datetime.fromisoformat(at).replace(tzinfo=UTC)
    found = decide(replace(MAIL, asked_at=now), Facts(QUIET, (), LONDON), now)
    assert found == Hold(
        datetime.fromisoformat(until).replace(tzinfo=UTC),
        "quiet_hours: 21:00-08:00 in Europe/London (their own).",
    )


def test_an_unknown_zone_waits_for_a_moment_that_suits_all_candidates() -> None:
    policy = QUIET.model_copy(update={"zones": ("Europe/London", "America/New_York")})
    found = decide(MAIL, Facts(policy), NOON)
    assert isinstance(found, Hold)
    assert found.until == datetime(2026, 3, 2, 13, tzinfo=UTC), "eight in New York"
    assert "2 possible time zones (the policy's)" in found.reason


def test_where_no_moment_suits_all_candidates_it_is_skipped() -> None:
    policy = QUIET.model_copy(update={"zones": ("Asia/Tokyo", "Europe/London", "America/Los_Angeles")})
    found = decide(MAIL, Facts(policy), NOON)
    assert isinstance(found, Skip)
    assert "hold_at_most_hours" in found.reason
    nowhere = decide(MAIL, Facts(QUIET), NOON)
    assert isinstance(nowhere, Skip)
    assert nowhere.reason.startswith("unknown_zone:")


@pytest.mark.parametrize(
    ("known", "names"),
    [
        ({"own": ("Europe/Paris",), "organization": ("Europe/London",)}, ("Europe/Paris",)),
        ({"own": ("Mars/Base",), "place": ("Europe/Rome",)}, ("Europe/Rome",)),
        ({"branches": ("Europe/Rome", "Europe/Paris"), "organization": ("Europe/London",)}, ("Europe/Rome", "Europe/Paris")),
        ({"organization": ("Europe/London",), "phones": ("+44 20 7946 0000",)}, ("Europe/London",)),
        ({"organization": ("Europe/London",), "phones": ("+33 1 99 00 00 00",)}, ("Europe/London", "Europe/Paris")),
        ({"organization": ("Europe/London",), "phones": ("020 7946 0000",)}, ("Europe/London",)),
        ({"phones": ("0033 1 99 00 00 00",)}, ("Europe/Paris",)),
        ({"phones": ("+1 671 555 0100",)}, ("Pacific/Guam",)),
        ({}, ("UTC",)),
    ],
)  # fmt: skip
def test_the_surest_source_of_a_zone_comes_first(known: dict[str, Any], names: tuple[str, ...]) -> None:
    assert infer_zones(Whereabouts(**known), ["UTC"]).names == names


def test_every_country_of_a_prefix_has_zones() -> None:
    assert countries_of("+12025550100") == ("US", "CA")
    assert len(zones_of_phones(["+12025550100"])) > 40
    without = [country for countries in COUNTRIES.values() for country in countries]
    phones = {code: zones_of_phones([f"+{code}"]) for code in COUNTRIES}
    assert len(without) > 200
    assert [code for code, found in phones.items() if not found] == []


GRANTED, REFUSED = Said("sms", True, "contacts.sms_opt_in"), Said("sms", False, "contacts.sms_opt_in")
GONE = Said("all", False, "contacts.unsubscribed_at", datetime(2026, 1, 5, tzinfo=UTC))


@pytest.mark.parametrize(
    ("channel", "said", "reason"),
    [
        ("email", (), None),
        ("sms", (), "no_consent: nothing says that they agreed to sms (without_consent)."),
        ("sms", (GRANTED,), None),
        ("sms", (REFUSED,), "consent: withdrawn (contacts.sms_opt_in)."),
        ("sms", (GONE, GRANTED), "consent: withdrawn on 2026-01-05 (contacts.unsubscribed_at)."),
        ("email", (REFUSED,), None),
        ("call", (GONE,), "consent: withdrawn on 2026-01-05 (contacts.unsubscribed_at)."),
        ("whatsapp", (Said("all", True, "atlas"),), None),
    ],
)
def test_one_withdrawal_stops_it_and_silence_is_read_by_channel(
    channel: Any, said: tuple[Said, ...], reason: str | None
) -> None:
    message = Message(channel, NOON, is_template=True)
    found = decide(message, Facts(DEFAULT, said, LONDON), NOON)
    assert found == (Send() if reason is None else Skip(reason))
    exempt = decide(replace(message, message_class="transactional"), Facts(DEFAULT, said, LONDON), NOON)
    assert exempt == Send(reason)


def test_free_whatsapp_text_goes_only_within_a_day_of_their_last_message() -> None:
    agreed = Facts(said=(Said("whatsapp", True, "x"),), whereabouts=LONDON)
    free, template = Message("whatsapp", NOON), Message("whatsapp", NOON, is_template=True)
    recent = replace(agreed, heard_at=NOON - timedelta(hours=23))
    assert decide(free, recent, NOON) == Send()
    assert decide(template, agreed, NOON) == Send()
    for known in (agreed, replace(agreed, heard_at=NOON - timedelta(hours=24))):
        found = decide(replace(free, message_class="transactional"), known, NOON)
        assert isinstance(found, Skip), "no class is exempt from it"
        assert found.reason.startswith("whatsapp_window:")
    night = NOON.replace(hour=23)
    late = decide(free, replace(agreed, heard_at=night - timedelta(hours=20)), night)
    assert isinstance(late, Skip), "in the morning the window is closed"


def test_higher_priority_goes_where_a_lower_one_is_capped() -> None:
    facts = Facts(QUIET, (), LONDON, (NOON - timedelta(hours=5), NOON - timedelta(hours=1)))
    low, normal, high = (decide(replace(MAIL, priority=p), facts, NOON) for p in ("low", "normal", "high"))
    assert high == Send()
    assert normal == Hold(
        datetime(2026, 3, 3, 8, tzinfo=UTC),
        "cap: 2 messages by email in 24 hours, at most 2 of normal priority.",
    ), "free at seven, which is quiet"
    assert isinstance(low, Hold)
    assert low.until == NOON + timedelta(hours=23)


def test_what_would_wait_too_long_is_skipped() -> None:
    policy = QUIET.model_copy(update={"hold_at_most_hours": 5})
    found = decide(MAIL, Facts(policy, (), LONDON), NOON.replace(hour=22))
    assert found == Skip(
        "quiet_hours: 21:00-08:00 in Europe/London (their own). It could not go within 5 hours (hold_at_most_hours)."
    )


def test_a_limit_of_nothing_lets_nothing_through() -> None:
    none = SendPolicy.model_validate({"email": {"per_day": {"low": 0}}})
    found = decide(replace(MAIL, priority="low"), Facts(none), NOON)
    assert isinstance(found, Skip)
    assert "at most 0 of low priority" in found.reason


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"mail": {}}, "mail is no key of it"),
        ({"email": {"quiet": 1}}, "email.quiet is no key of it"),
        ({"email": {"quiet_hours": "9-17"}}, 'email.quiet_hours: quiet hours are written as "21:00-08:00"'),
        ({"email": {"quiet_hours": "09:00-09:00"}}, "all day or none"),
        ({"email": {"per_day": {"low": 3, "normal": 1}}}, "may not have the lower limit"),
        ({"email": {"business_hours": {"mon": ["9"]}}}, "email.business_hours"),
        ({"email": {"business_hours": {"mon": ["09:00-17:00"], "outside": "skip"}}}, "leave `outside` out"),
        ({"zones": ["Mars/Base"]}, "zones.0"),
        ({"email": 3}, "email"),
        ([], "document"),
    ],
)
def test_a_policy_that_is_wrong_is_refused_by_name(document: Any, said: str) -> None:
    import json

    with pytest.raises(InputError) as caught:
        policy_from_text(json.dumps(document))
    assert said in caught.value.fact


def test_what_a_policy_leaves_out_is_as_without_one() -> None:
    found = policy_from_text('{"sms": {"quiet_hours": null}}')
    assert found.sms.quiet_hours is None
    assert found.sms.without_consent == "skip"
    assert found.email == DEFAULT.email


def test_every_kind_of_message_in_the_catalogue_has_a_channel() -> None:
    kinds = {kind.name for kind in load_catalogue().nodes.values() if kind.role is Role.SEND}
    assert kinds == set(CHANNEL_OF)
    assert message_in("add_note", {}, NOON) is None
    given = {"message_class": "transactional", "priority": "high", "template_id": "HX1"}
    assert message_in("send_whatsapp", given, NOON) == Message(
        "whatsapp", NOON, "transactional", "high", True
    )
