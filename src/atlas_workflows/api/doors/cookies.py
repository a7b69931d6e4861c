"""What a browser sends by itself proves nothing about who made the page: unsafe requests of a session bring a token besides."""

import hmac
import secrets
from collections.abc import Mapping

from atlas_workflows.api.manners.problems import HttpProblem

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
COOKIE, HEADER = "atlas_csrf", "X-Atlas-CSRF"


def new_token() -> str:
    """What GET session hands out, in its answer and in a cookie of the same site."""
    return secrets.token_urlsafe(32)


def require_own_page(method: str, headers: Mapping[str, str], cookies: Mapping[str, str]) -> None:
    """Raise HttpProblem for an unsafe request that another site may have caused. Pure."""
    if method in SAFE:
        return
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None and site != "same-origin":
        raise _refused("It was sent by a page of another site.")
    if site is None and (origin is None or origin.partition("://")[2] != headers.get("host", "")):
        raise _refused("It does not say that it was sent by our own page.")
    kept, sent = cookies.get(COOKIE, ""), headers.get(HEADER.lower(), "")
    if not kept or not hmac.compare_digest(kept.encode(), sent.encode()):
        raise _refused(f"{HEADER} is not what GET session handed out.")


def _refused(fact: str) -> HttpProblem:
    return HttpProblem("cross_site", fact, remedy=f"Send it from our page, with {HEADER} of GET session.")
