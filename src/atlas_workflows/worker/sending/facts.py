"""What a decision is made from: the message, and what is known of its reader at that moment."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from atlas_workflows.worker.sending.policy import CHANNEL_OF, DEFAULT, Channel, Priority, SendPolicy

MessageClass = Literal["marketing", "transactional"]


@dataclass(frozen=True, slots=True)
class Message:
    """A message that is about to go out."""

    channel: Channel
    asked_at: datetime
    message_class: MessageClass = "marketing"
    priority: Priority = "normal"
    is_template: bool = False

    @property
    def is_transactional(self) -> bool:
        return self.message_class == "transactional"


@dataclass(frozen=True, slots=True)
class Said:
    """What one source says about consent; `channel` may be `all`, `basis` is a legacy column or ours."""

    channel: str
    granted: bool
    basis: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """What tells where a person is: zones of their own rows, of their location, of all
    locations of the organization, of the organization itself; and telephones."""

    own: tuple[str, ...] = ()
    place: tuple[str, ...] = ()
    branches: tuple[str, ...] = ()
    organization: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """`sent_at`: when this person got marketing messages on this channel within the last seven days."""

    policy: SendPolicy = DEFAULT
    said: tuple[Said, ...] = ()
    whereabouts: Whereabouts = Whereabouts()
    sent_at: tuple[datetime, ...] = ()
    heard_at: datetime | None = None


def message_in(kind: str, content: Any, asked_at: datetime) -> Message | None:
    """The message in an effect; None where the effect is none."""
    channel = CHANNEL_OF.get(kind)
    if channel is None:
        return None
    given = content if isinstance(content, Mapping) else {}
    return Message(
        channel,
        asked_at,
        "transactional" if is_transactional(given) else "marketing",
        given["priority"] if given.get("priority") in ("low", "high") else "normal",
        # As its performer decides: `session` may say freeform beside a template, which goes out all the same.
        is_template=bool(given.get("template_id")),
    )


def is_transactional(content: Mapping[str, Any]) -> bool:
    """Whether its author says that it is no marketing."""
    return content.get("message_class") == "transactional"
