"""Which fields are known to hold a date of birth: a day of long ago that is meant as the one that comes every year."""

import re

_NAMES = frozenset(
    {"birthday", "birthdate", "birthdaydate", "dateofbirth", "dob", "bday", "borndate", "bornon"}
)
_PLACEHOLDER = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_WORD = re.compile(r"[A-Za-z][A-Za-z_]*")


def is_birthday(path: str) -> bool:
    """Whether a path ends in the name of a date of birth, however it is written: contact.dateOfBirth, lead.dob."""
    words = _WORD.findall(path)
    return bool(words) and words[-1].replace("_", "").lower() in _NAMES


def birthday_in(template: str) -> str | None:
    """The first placeholder of a template that reads a date of birth."""
    for inner in _PLACEHOLDER.findall(template):
        if is_birthday(inner.partition("|")[0]):
            return f"{{{{{inner}}}}}"
    return None
