"""What is dangerous needs a name and a reason; no default stands for either."""

from atlas_workflows.errors import InputError


def require_signed(by: str, reason: str = "not asked for", *, what: str) -> None:
    """Raise InputError where the name or the reason is missing."""
    if by.strip() and reason.strip():
        return
    wanted = "a name" if reason == "not asked for" else "a name and a reason"
    words = "--by NAME" if reason == "not asked for" else "--by NAME --reason WHY"
    raise InputError(f"{what} needs {wanted}.", remedy=f"Add {words}.")
