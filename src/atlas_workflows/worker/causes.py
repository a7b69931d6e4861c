"""The message of a failure without what differs from one execution to the next, so that failures group by cause. Pure."""

import re

LONGEST = 300
_VARYING = (
    (re.compile(r"[\"'“«][^\"'”»]{1,200}[\"'”»]"), "…"),
    (re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.IGNORECASE), "ID"),
    (re.compile(r"\bhttps?://\S+", re.IGNORECASE), "URL"),
    (re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}"), "ADDRESS"),
    (re.compile(r"\+?\d[\d\s.,:/-]{0,40}\d|\d"), "N"),
)


def pattern_of(message: str) -> str:
    """`No answer from https://a.example/7 in 30 s.` -> `No answer from URL in N s.`"""
    found = " ".join(message[: 4 * LONGEST].split())
    for varying, word in _VARYING:
        found = varying.sub(word, found)
    return found[:LONGEST]
