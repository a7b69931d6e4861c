"""An e-mail address, a phone number or an id of another system, as two of them are compared. Pure."""

import re
from typing import Literal

By = Literal["email", "phone", "external_id"]
LEAST_DIGITS = 6


def as_compared(by: By, value: str) -> str:
    """Of what is kept, as crm/member_by has it: small letters without blanks around, or digits without the zeros in front."""
    if by == "phone":
        return re.sub("[^0-9]", "", value).lstrip("0")
    return value.strip(" ").lower() if by == "email" else value


def wanted(by: By, value: str) -> str | None:
    """What is looked for, without what stands around it; None where it says too little to mean one person."""
    told = as_compared(by, value.strip() if by == "email" else value)
    return told if told and (by != "phone" or len(told) >= LEAST_DIGITS) else None
