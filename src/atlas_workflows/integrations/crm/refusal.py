"""Why the CRM cannot take something: certain, by name, and with what to do about it."""


class CrmRefused(Exception):
    """Nothing was written. `cause` is the error class that retry policies name."""

    def __init__(self, cause: str, fact: str, remedy: str, *, may_retry: bool = False) -> None:
        super().__init__(f"{fact} {remedy}")
        self.cause = cause
        self.may_retry = may_retry


def lacks(what: str, remedy: str) -> CrmRefused:
    """The database has no such table or column."""
    return CrmRefused("configuration", f"The CRM has no {what}.", remedy)
