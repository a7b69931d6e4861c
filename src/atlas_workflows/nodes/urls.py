"""URLs among parameters: what validation says of them as they are written, and steps of them as they are filled in."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from atlas_workflows.engine.behaviour import StepFailed
from atlas_workflows.graph.catalogue import Fault
from atlas_workflows.nodes.faults import advice
from atlas_workflows.web_addresses import why_refused

REMEDY = "Use https and a host out on the internet."
_NAMES = re.compile(r"(?:.*_)?urls?", re.ASCII)
_WITH_HOST = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:/+[^/?#]+[/?#]")
_WITH_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):", re.ASCII)


def is_url(name: str) -> bool:
    """Whether a parameter of this name holds a URL, or several."""
    return _NAMES.fullmatch(name) is not None


def url_faults(parameters: Mapping[str, Any]) -> Iterator[Fault]:
    """Errors where a URL is refused; a warning where only the execution shows which host it has."""
    for name, value in parameters.items():
        if not is_url(name):
            continue
        for field, url in _listed(name, value):
            if isinstance(url, str) and url.strip():
                yield from _faults_of(field, url)


def checked_url(name: str, value: Any) -> Any:
    """The filled-in parameter; raises StepFailed where one of its URLs is refused. Sealed ones are checked when they are used."""
    for field, url in _listed(name, value):
        refused = why_refused(url) if isinstance(url, str) else None
        if refused is not None:
            raise StepFailed("data", f"{field} is refused. {refused}")
    return value


def _listed(name: str, value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, list):
        return [(f"{name}[{place}]", item) for place, item in enumerate(value)]
    return [(name, value)]


def _faults_of(field: str, url: str) -> Iterator[Fault]:
    written, opening, _ = url.partition("{{")
    if not opening or _WITH_HOST.match(written):
        refused = why_refused(written)
        if refused is not None:
            yield Fault("URL_REFUSED", field, f"{field} is refused. {refused}", REMEDY)
        return
    scheme = _WITH_SCHEME.match(written)
    if scheme is not None and scheme[1].lower() != "https":
        yield Fault("URL_REFUSED", field, f"{field} is refused. Its scheme is {scheme[1][:20]}.", REMEDY)
        return
    message = f"The host of {field} comes from a placeholder: it is checked when the step is executed, and not before."
    yield advice("URL_HOST_FROM_TEMPLATE", field, message, "Write the host out, with a / behind it.")
