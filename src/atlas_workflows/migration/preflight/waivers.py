"""What a person writes to accept a failed item of the checklist: ITEM=REASON, on the command line and in the form."""

from collections.abc import Iterable

from atlas_workflows.errors import InputError
from atlas_workflows.migration.preflight.checklist import ITEMS


def read_waivers(given: Iterable[str]) -> dict[str, str]:
    """ITEM=REASON as a mapping; empty lines are passed over.

    Raises InputError for an item that does not exist or cannot be waived, and for a waiver without a reason.
    """
    waivable = {item.name for item in ITEMS if item.may_be_waived}
    waivers = {}
    for text in filter(str.strip, given):
        item, _, reason = (part.strip() for part in text.partition("="))
        if item not in waivable or not reason:
            raise InputError(
                f"The waiver {text.strip()!r} names no item that can be waived, or gives no reason.",
                remedy=f"Write ITEM=REASON; items that can be waived: {', '.join(sorted(waivable))}.",
            )
        waivers[item] = reason
    return waivers
