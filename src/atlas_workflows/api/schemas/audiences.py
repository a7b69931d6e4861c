"""Saved queries of whom recurring workflows are about, and how many a query finds."""

from datetime import datetime
from typing import Any

from atlas_workflows.api.manners.exact import Model


class Audience(Model):
    """A saved query."""

    name: str
    revision: int
    query: dict[str, Any]
    saved_by: str
    saved_at: datetime


class Audiences(Model):
    """Every saved query of an organization."""

    items: list[Audience]


class AudienceQuestion(Model):
    """A query in the language of audiences; nothing is stored."""

    query: dict[str, Any]


class Count(Model):
    """How many it finds now, of how many there are."""

    found: int
    everybody: int
