"""What doors say to who does not come in."""

from atlas_workflows.api.manners.problems import HttpProblem


def unauthenticated(fact: str) -> HttpProblem:
    """401, with what would open the door."""
    return HttpProblem(
        "unauthenticated", fact, remedy="Send Authorization: Bearer with a key or a token in force.",
        headers={"WWW-Authenticate": 'Bearer realm="atlas"'},
    )  # fmt: skip
