"""Asks Airflow itself whether all of its processes are well."""

from dataclasses import dataclass

import httpx


@dataclass(frozen=True, slots=True)
class Health:
    """`waiting_for` names what is not healthy yet; empty means all is."""

    answers: bool
    waiting_for: tuple[str, ...]

    @property
    def is_good(self) -> bool:
        return self.answers and not self.waiting_for


PARTS = ("metadatabase", "scheduler", "triggerer", "dag_processor")


def airflow_health(url: str, *, timeout: float = 5.0) -> Health:
    """One look at /api/v2/monitor/health; an unreachable server is an answer, not an error."""
    try:
        answer = httpx.get(f"{url}/api/v2/monitor/health", timeout=timeout, trust_env=False)
        document = answer.json() if answer.status_code == httpx.codes.OK else {}
    except (httpx.HTTPError, ValueError):
        return Health(answers=False, waiting_for=("api-server",))
    sick = tuple(part for part in PARTS if (document.get(part) or {}).get("status") != "healthy")
    return Health(answers=True, waiting_for=sick)
