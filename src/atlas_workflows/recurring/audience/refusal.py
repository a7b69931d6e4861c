"""One way to refuse an audience query: the field first, so that a form can put the message beside it."""

from atlas_workflows.errors import InputError


class AudienceRefused(InputError):
    """A query that can mean nothing here, or too much; attribute `field` names the place."""

    exit_code = 2


def refuse(field: str, fact: str, remedy: str) -> AudienceRefused:
    """The error to raise: `field: fact`, what to do, and the field as an attribute."""
    return AudienceRefused(f"{field}: {fact}", remedy=remedy, field=field)
