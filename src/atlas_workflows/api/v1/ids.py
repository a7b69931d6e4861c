"""Ids in addresses of v1: whatever is none names nothing, and so is not found rather than invalid."""

from typing import Annotated
from uuid import UUID

from fastapi import Path
from pydantic import AfterValidator, Field


def as_stored(text: str) -> str:
    """An id as PostgreSQL writes it where it is a UUID, so that one thing has one name however it is written; others as they are."""
    try:
        return _canonical(text)
    except ValueError:
        return text


def _canonical(text: str) -> str:
    return str(UUID(text))


Workflow = Annotated[
    str, Path(min_length=1, max_length=200, description="The workflow's id."), AfterValidator(_canonical)
]
Id = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(as_stored)]
