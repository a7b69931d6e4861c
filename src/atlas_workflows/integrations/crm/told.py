"""An e-mail address, a phone number or an id of another system, as two of them are compared. Pure."""

import re
from typing import Literal

By = Literal["email", "phone", "external_id"]
LEAST_DIGITS = 6


def as_compared(by: By, value: str) -> str:
    """Letters of one case, digits alone without the zeros or the plus in front; crm/member_by does the same to what is kept."""
    if by == "phone":
        return re.sub("[^0-9]", "", value).lstrip("0")
    return value.strip().lower() if by == "email" else value


def wanted(by: By, value: str) -> str | None:
    """What is looked for; None where it says too little to mean one person."""
    told = as_compared(by, value)
    return told if told and (by != "phone" or len(told) >= LEAST_DIGITS) else None
