"""The door for API keys."""

from datetime import datetime

from atlas_workflows.api.database import Database
from atlas_workflows.api.doors.caller import Caller
from atlas_workflows.api.doors.refusing import unauthenticated
from atlas_workflows.secrets.api_keys import is_api_key
from atlas_workflows.store.api_keys import find_key


def caller_of_key(database: Database, text: str, now: datetime) -> Caller:
    """Who a key stands for. Raises HttpProblem where it opens nothing; what is no whole key is not looked for."""
    if not is_api_key(text):
        raise unauthenticated("This is no key of ours, or not the whole of it.")
    with database.session() as connection:
        key = find_key(connection, text, now)
    if key is None:
        raise unauthenticated("There is no such key.")
    if refusal := key.refusal(now):
        raise unauthenticated(refusal)
    return Caller(f"api-key:{key.id}", "api_key", {key.organization: frozenset(key.scopes)})
