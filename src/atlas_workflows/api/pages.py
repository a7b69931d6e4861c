"""Fills in the templates of the Atlas pages; whatever is put into one is escaped, and only their one script may be executed."""

import hashlib
from base64 import b64encode
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi.responses import HTMLResponse
from markupsafe import Markup

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).with_name("templates")


def html_page(template: str, *, status: int = 200, **given: Any) -> HTMLResponse:
    """A filled-in page with the policy that fits it."""
    text = _environment().get_template(template).render(given | {"script": script()})
    return HTMLResponse(text, status_code=status, headers={"Content-Security-Policy": policy()})


@cache
def policy() -> str:
    """Stricter than that of reports: nothing but the page's own style, its form, and the one script that it has."""
    digest = b64encode(hashlib.sha256(script().encode()).digest()).decode()
    return (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'self'"
    )


@cache
def script() -> Markup:
    """What opens links to Airflow's own pages above the frame."""
    return Markup((TEMPLATES / "above.js").read_text())  # noqa: S704 - our own file


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        autoescape=True,
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
