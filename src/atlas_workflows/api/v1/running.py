"""What v1 needs while it runs: the old format, the count of its callers, and what every answer announces."""

from collections.abc import Mapping
from dataclasses import dataclass

from atlas_workflows.api.v1.counting import Counter
from atlas_workflows.api.v1.format import OldFormat


@dataclass(frozen=True, slots=True)
class V1:
    """In the state of the application."""

    old: OldFormat
    counter: Counter
    headers: Mapping[str, str]
    proxies: int = 0
