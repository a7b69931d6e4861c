"""Ids in addresses of v1: whatever is none names nothing, and so is not found rather than invalid."""

from typing import Annotated
from uuid import UUID

from fastapi import Path
from pydantic import AfterValidator


def _canonical(text: str) -> str:
    return str(UUID(text))


Workflow = Annotated[
    str, Path(min_length=1, max_length=200, description="The workflow's id."), AfterValidator(_canonical)
]
