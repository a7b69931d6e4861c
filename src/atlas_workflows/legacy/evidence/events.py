"""Which of the CRM's own rows would start a trigger, so that a survey can count them. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# Canonical trigger type -> kind of event that the survey counts.
KINDS: Mapping[str, str] = {
    "lead_created": "lead",
    "form_submitted": "form",
    "booking_created": "booking",
    "appointment_booked": "booking",
    "call_booked": "booking",
    "first_session": "booking",
    "client_created": "client",
    "message_received": "message",
}
# Kind -> the parameter that names what the survey counts apart: sources of leads, ids of forms.
_DETAIL = {"lead": "sources", "form": "form_ids"}


@dataclass(frozen=True, slots=True)
class Asked:
    """`details` None: all of the kind. `is_certain` False: further filters let an unknown part of them through."""

    kind: str
    details: tuple[str, ...] | None
    is_certain: bool

    @staticmethod
    def recorded(kind: str | None, details: Sequence[str] | None, is_certain: bool) -> "Asked | None":
        """As a row of trigger_evidence tells it; None for what asks for no event."""
        if kind is None:
            return None
        return Asked(kind, None if details is None else tuple(details), is_certain)


def asked_by(type_: str, parameters: Mapping[str, Any]) -> Asked | None:
    """What starts a trigger of this type; None for events that leave no rows to count."""
    kind = KINDS.get(type_)
    if kind is None:
        return None
    detail = _DETAIL.get(kind, "")
    wanted = parameters.get(detail)
    rest = parameters.keys() - {detail, "extra"}
    return Asked(kind, tuple(wanted) if wanted else None, not rest)
