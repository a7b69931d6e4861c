"""SMS and WhatsApp against a stand-in that answers as Twilio's API does: what goes out, what its answers mean, and what became of a message whose answer never came."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from cryptography.fernet import Fernet
from gym import Gym
from twilio_stand_in import SID, TOKEN, Twilio, answering

from atlas_workflows.db.ports import free_port
from atlas_workflows.exact_json import dumps_text
from atlas_workflows.integrations.credentials import keep_credential
from atlas_workflows.secrets.sealing import Sealer
from atlas_workflows.worker.model import Answer, Dispatch, Performed, Refused, Unclear
from atlas_workflows.worker.ports import Traceable
from crm_world import ANA, ONE, TWO

pytestmark = pytest.mark.postgres
TO = "+447700900001"
KEY = Fernet.generate_key().decode()
ACCOUNT = {
    "account_sid": SID, "auth_token": TOKEN, "sms_from": "+15005550006", "whatsapp_from": "+14155238886",
}  # fmt: skip
SMS = {"message": "Hi Ana, your class is at six."}


@pytest.fixture
def twilio(gym: Gym) -> Iterator[Twilio]:
    with answering() as found:
        gym.set_up(ATLAS_TWILIO_URL=found.url, ATLAS_EGRESS_ALLOW="127.0.0.0/8", ATLAS_SECRET_KEYS=KEY)
        keep(gym, ACCOUNT)
        yield found


def keep(gym: Gym, values: dict[str, str]) -> None:
    keep_credential(gym.connection, Sealer((KEY,)), ONE, "twilio", values)


def enter(gym: Gym, key: str, status: str, sid: str | None = None, message: str = SMS["message"]) -> None:
    """Another effect of the ledger with a text for the same number, written differently."""
    answer = None if sid is None else dumps_text({"result": {"sid": sid}})
    gym.connection.execute(
        "INSERT INTO atlas.effects (organization_id, effect_key, execution_id, workflow_id, subject, node_id, kind, status,"
        " content, contact, intended_at, finished_at, answer) VALUES (%s, %s, %s, %s, 's', 'n', 'send_sms', %s, json_build_object('message', %s::text),"
        " '{\"phone\": \"+44 7700 900001\"}', '2026-01-01T13:00Z', now(), %s)",
        [ONE, key, uuid4(), uuid4(), status, message, answer],
    )


def look_up(gym: Gym, kind: str = "send_sms", **content: Any) -> Answer | None:
    performer = gym.performers[kind]
    assert isinstance(performer, Traceable)
    since = datetime(2026, 3, 2, 12, tzinfo=UTC)
    return performer.look_up(
        Dispatch(ONE, "e", "e/n", kind, 2, {**SMS, **content}, {"phone": TO}, ANA, since)
    )


def test_an_sms_goes_out_and_its_sid_is_kept(gym: Gym, twilio: Twilio) -> None:
    answer = gym.done(
        "send_sms", {**SMS, "to": "+44 (7700) 900-001", "media_urls": ["https://a.example/p.png"]}
    )
    assert answer.result == {"sid": twilio.messages[0]["sid"], "status": "queued", "to": TO, "segments": "1"}
    assert twilio.forms == [
        {
            "To": [TO],
            "From": ["+15005550006"],
            "Body": [SMS["message"]],
            "MediaUrl": ["https://a.example/p.png"],
        }
    ]


def test_a_messaging_service_sends_where_no_number_is_named(gym: Gym, twilio: Twilio) -> None:
    keep(gym, {"account_sid": SID, "api_key": SID, "api_secret": TOKEN, "messaging_service_sid": "MG1"})
    gym.done("send_sms", SMS)
    assert twilio.forms[0]["MessagingServiceSid"] == ["MG1"]
    assert isinstance(look_up(gym), Performed)
    assert "whatsapp_from" in gym.refused("send_whatsapp", SMS).message


def test_whatsapp_takes_free_text_and_approved_templates(gym: Gym, twilio: Twilio) -> None:
    gym.done("send_whatsapp", SMS)
    template = "HX" + "a" * 32
    gym.done(
        "send_whatsapp",
        {"session": "template", "template_id": template, "template_parameters": ["Ana", "six"]},
    )
    free, approved = twilio.forms
    assert free == {"To": [f"whatsapp:{TO}"], "From": ["whatsapp:+14155238886"], "Body": [SMS["message"]]}
    assert (approved["ContentSid"], approved["ContentVariables"]) == ([template], ['{"1":"Ana","2":"six"}'])
    for wrong in ({"template_id": "booking_confirmed"}, {**SMS, "buttons": [{"text": "Yes"}]}):
        assert gym.refused("send_whatsapp", wrong).cause == "configuration"


@pytest.mark.parametrize(
    ("told", "cause", "may_retry", "said"),
    [
        (400, "rejected", False, "Twilio answered 21211: Invalid 'To' Phone Number"),
        (429, "rate_limit", True, "It asks to wait 3 s."),
        (503, "provider", True, "20500"),
    ],
)
def test_a_refusal_says_whether_to_try_again(
    gym: Gym, twilio: Twilio, told: int, cause: str, may_retry: bool, said: str
) -> None:
    twilio.script = [told]
    answer = gym.refused("send_sms", SMS)
    assert (answer.cause, answer.may_retry) == (cause, may_retry)
    assert said in answer.message
    assert twilio.messages == []


@pytest.mark.parametrize("told", ["hang", 500, 502])
def test_a_message_that_was_taken_without_a_word_is_found_in_the_list(
    gym: Gym, twilio: Twilio, told: int | str
) -> None:
    twilio.script = [told]
    assert gym.done("send_sms", SMS).result["sid"] == twilio.messages[0]["sid"]
    assert len(twilio.forms) == 1


@pytest.mark.parametrize("told", ["drop", "garbage"])
def test_what_the_list_does_not_show_is_not_guessed(gym: Gym, twilio: Twilio, told: str) -> None:
    twilio.script = [told]
    assert isinstance(gym.do("send_sms", SMS), Unclear)
    assert look_up(gym) is None


def test_after_a_crash_the_one_message_of_these_words_is_ours(gym: Gym, twilio: Twilio) -> None:
    form = {"To": [TO], "From": [ACCOUNT["sms_from"]], "Body": [SMS["message"]]}
    twilio.take(form, datetime(2026, 3, 2, 11, tzinfo=UTC))
    assert look_up(gym) is None, "made before the effect was intended"
    for other in ({"Body": ["Hi Bea"]}, {"To": ["+447700900002"]}, {"From": ["+15005550001"]}):
        twilio.take(form | other)
    assert look_up(gym) is None
    ours = twilio.take(form)
    twilio.page_size = 2
    assert look_up(gym) == Performed({"sid": ours["sid"], "status": "queued", "to": TO})
    twilio.take(form)
    assert look_up(gym) is None, "two of the same"
    twilio.list_status = 500
    assert look_up(gym) is None


def test_a_message_that_another_effect_may_have_made_is_not_taken_for_ours(gym: Gym, twilio: Twilio) -> None:
    form = {"To": [TO], "From": [ACCOUNT["sms_from"]], "Body": [SMS["message"]]}
    theirs = twilio.take(form)
    enter(gym, "done", "done", theirs["sid"])
    enter(gym, "other words", "unknown", message="Hi Bea")
    assert look_up(gym) is None, "that one is accounted for"
    ours = twilio.take(form)
    found = look_up(gym)
    assert isinstance(found, Performed)
    assert found.result["sid"] == ours["sid"]
    enter(gym, "perhaps", "unknown")
    assert look_up(gym) is None, "whose it is nobody can tell"


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        ({**SMS, "to": "07700 900001"}, "data"),
        ({**SMS, "to": "+44770090000A"}, "data"),
        ({**SMS, "to": "+1\r\nX: y"}, "data"),
        ({"message": "  "}, "data"),
        ({"message": "x" * 1601}, "data"),
        ({"template_id": "welcome-offer"}, "configuration"),
    ],
)
def test_what_cannot_be_sent_is_refused_before_anything_goes_out(
    gym: Gym, twilio: Twilio, content: dict[str, Any], cause: str
) -> None:
    assert gym.refused("send_sms", content).cause == cause
    assert twilio.forms == []


def test_a_credential_is_opened_for_its_organization_only_and_says_what_it_lacks(
    gym: Gym, twilio: Twilio
) -> None:
    answer = gym.refused("send_sms", SMS, organization=TWO)
    assert answer.message.endswith(f"Run `atlas secrets set twilio --organization {TWO}`.")
    keep(gym, {**ACCOUNT, "auth_token": "wrong"})
    assert "Check the organization's credential for twilio" in gym.refused("send_sms", SMS).message
    for values, said in (
        ({"account_sid": SID}, "auth_token or api_key"),
        ({**ACCOUNT, "api_key": "SK1"}, "needs both, or neither"),
        ({**ACCOUNT, "sms_form": "+1"}, "holds sms_form"),
        ({"account_sid": SID, "auth_token": TOKEN}, "sms_from"),
    ):
        keep(gym, values)
        assert said in gym.refused("send_sms", SMS).message
    gym.set_up(ATLAS_SECRET_KEYS=Fernet.generate_key().decode())
    assert "No key in force opens this secret" in gym.refused("send_sms", SMS).message
    assert twilio.forms == []
    assert TOKEN not in str(gym.rows("SELECT convert_from(sealed, 'UTF8'), hint FROM atlas.secrets"))


def test_nobody_answers_there(gym: Gym, twilio: Twilio) -> None:
    gym.set_up(ATLAS_TWILIO_URL=f"http://127.0.0.1:{free_port()}")
    answer = gym.do("send_sms", SMS)
    assert isinstance(answer, Refused)
    assert (answer.cause, answer.may_retry) == ("connection", True)
    gym.set_up(ATLAS_EGRESS_ALLOW="")
    assert gym.refused("send_sms", SMS).cause == "configuration"
