"""Codes that carry their line of documentation, so that the reference pages are made from the codes themselves."""

from enum import StrEnum


class DocumentedCode(StrEnum):
    """Members are written `NAME = "NAME", "What it means."`."""

    def __new__(cls, code: str, documentation: str) -> "DocumentedCode":
        member = str.__new__(cls, code)
        member._value_ = code
        member.documentation = documentation
        return member

    documentation: str
