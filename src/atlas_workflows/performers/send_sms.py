"""Sends a text message through Twilio."""

from atlas_workflows.integrations.twilio import Account, Form, Twilio
from atlas_workflows.performers.means import Means
from atlas_workflows.performers.texting import Texting, media_of, words_of
from atlas_workflows.worker.model import Dispatch, Refused


def compose(account: Account, effect: Dispatch, number: str) -> Form | Refused:
    """The form of an SMS; with pictures it is an MMS."""
    words = words_of(effect)
    if isinstance(words, Refused):
        return words
    sender = (
        ("From", account.sms_from) if account.sms_from else ("MessagingServiceSid", account.messaging_service)
    )
    if sender[1] is None:
        said = "The credential for twilio names no sms_from and no messaging_service_sid: set one."
        return Refused("configuration", said, may_retry=False)
    return [("To", number), (sender[0], sender[1]), ("Body", words), *media_of(effect)]


def build(means: Means) -> Texting:
    return Texting("send_sms", Twilio(means.egress, means.twilio_url), means.vault, compose)
