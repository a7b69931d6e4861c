"""Sends a WhatsApp message through Twilio: free text, or a template that WhatsApp has approved."""

from atlas_workflows import exact_json
from atlas_workflows.integrations.twilio import Account, Form, Twilio
from atlas_workflows.performers.means import Means
from atlas_workflows.performers.texting import Texting, media_of, words_of
from atlas_workflows.worker.model import Dispatch, Refused


def compose(account: Account, effect: Dispatch, number: str) -> Form | Refused:
    """The form of a WhatsApp message."""
    if account.whatsapp_from is None:
        said = "The credential for twilio names no whatsapp_from: set it."
        return Refused("configuration", said, may_retry=False)
    sender = "whatsapp:" + account.whatsapp_from.removeprefix("whatsapp:")
    addresses = [("To", f"whatsapp:{number}"), ("From", sender)]
    if effect.content.get("buttons"):
        said = "Buttons are part of a template: make one of them and name it in template_id."
        return Refused("configuration", said, may_retry=False)
    if effect.content.get("template_id"):
        return _template(addresses, effect)
    words = words_of(effect)
    if isinstance(words, Refused):
        return words
    return [*addresses, ("Body", words), *media_of(effect)]


def _template(addresses: list[tuple[str, str]], effect: Dispatch) -> Form | Refused:
    template = str(effect.content["template_id"])
    if not (template.startswith("HX") and len(template) == 34 and template.isalnum()):
        said = f"Twilio knows templates by their Content SID (HX…), and {template[:40]!r} is none."
        return Refused("configuration", said, may_retry=False)
    values = effect.content.get("template_parameters") or []
    variables = {str(place): str(value) for place, value in enumerate(values, 1)}
    form = [*addresses, ("ContentSid", template)]
    return [*form, ("ContentVariables", exact_json.dumps_text(variables))] if variables else form


def build(means: Means) -> Texting:
    return Texting("send_whatsapp", Twilio(means.egress, means.twilio_url), means.vault, compose)
