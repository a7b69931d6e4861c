"""The last look at everything that is written for a source row: no recognised secret stays, in whatever column or key.

Translation seals values where it finds them. Here every text, every key of every document, every id and every message
is looked through once more by one rule, so that a column nobody thought of cannot leak. What is hidden in an id or a
key gets a stand-in that is the same wherever the same secret stood, so that edges still find their nodes.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from atlas_workflows.exact_json import dumps, dumps_text, loads
from atlas_workflows.legacy.findings import Findings
from atlas_workflows.legacy.reasons import Reason, ReasonCode, SemanticChange
from atlas_workflows.legacy.records import Outcome, Row, RowsOutcome, SecretFound, SourceRow
from atlas_workflows.legacy.secret_values import sealed
from atlas_workflows.legacy.source.references import MARK
from atlas_workflows.names import normal
from atlas_workflows.secrets.masking import HIDDEN, mask, mask_values
from atlas_workflows.secrets.recognition import secret_spans

# Columns of type json or jsonb; a test holds them against the catalog.
DOCUMENTS = frozenset(
    {"definition", "legacy_reported", "trigger_config", "schedule", "default_value", "trigger_data", "input_data", "output_data", "context",
     "context_snapshot", "legacy_config", "input_variables", "output_variables", "config_schema", "input_schema", "output_schema", "row"}
)  # fmt: skip
# What identifies a row on both sides, and what is no text of anybody's.
KEYS = frozenset({"id", "source_table", "source_id", "row_id", "secret_id", "webhook_secret_id"})
# In these a reference may stand in place of a value; elsewhere in a definition only texts may.
_VALUES = frozenset({"parameters", "default"})
# In these only texts may stand, whatever they hold.
_TEXTS_ONLY = frozenset({"schedule", "config_schema", "input_schema", "output_schema"})
STAND_IN_END = "•"
_SHORTEST, _LONGEST = 12, 64  # characters of a secret by which a piece of it is known
_SHORTEST_WHOLE = 8
# What stood under a secret's name is looked for elsewhere too where it is no word of a sentence: one piece, with a digit.
_NAMED = re.compile(r"(?=\S*\d)[^\s{}]{8,200}")
Keyed = Callable[[str], str]


def without_secrets(verdict: RowsOutcome, row: SourceRow, keyed: Keyed) -> RowsOutcome:
    """The verdict with nothing in it that looks like a secret; `keyed` hashes with a key, so that nothing can be guessed."""
    hider = hider_of(row, verdict.secrets, keyed)
    if not hider.touches(_everything(verdict)):
        return verdict
    findings = Findings(row.table, row.id)
    findings.reasons, findings.secrets = list(verdict.reasons), list(verdict.secrets)
    before = len(findings.reasons)
    rows = {
        table: [_row(table, member, hider, findings) for member in members]
        for table, members in verdict.rows.items()
    }
    outcome = verdict.outcome
    if len(findings.reasons) > before and outcome is Outcome.MIGRATED:
        outcome = Outcome.MIGRATED_WITH_WARNINGS
    return replace(
        verdict,
        rows=rows,
        outcome=outcome,
        reasons=tuple(_reason(reason, hider) for reason in findings.reasons),
        changes=tuple(_change(change, hider) for change in verdict.changes),
        secrets=tuple(findings.secrets),
        holds_secret=True,
    )


@dataclass(frozen=True, slots=True)
class Hider:
    """Knows secrets by their forms, and those of this row, each with its stand-in, by a piece and in other spellings too."""

    known: tuple[tuple[str, str], ...]
    whole: tuple[tuple[str, str], ...]
    keyed: Keyed

    def touches(self, texts: Iterable[str]) -> bool:
        """Whether a secret stands anywhere in these texts."""
        text = "\n".join(texts)
        return (
            any(secret[:_SHORTEST] in text for secret, _ in self.known)
            or any(secret in text for secret, _ in self.whole)
            or bool(secret_spans(text.encode("utf-8", "surrogatepass")))
        )

    def hide(self, text: str) -> str:
        """The text with a stand-in wherever a secret stood."""
        if len(text) < _SHORTEST_WHOLE:
            return text
        for secret, stands_in in self.known:
            text = _without(text, secret, stands_in)
        for secret, stands_in in self.whole:
            text = text.replace(secret, stands_in)
        raw = text.encode("utf-8", "surrogatepass")
        for begin, end in reversed(secret_spans(raw)):
            secret = raw[begin:end].decode("utf-8", "surrogatepass")
            raw = raw[:begin] + stand_in(secret, self.keyed).encode() + raw[end:]
        return raw.decode("utf-8", "surrogatepass")


def hider_of(row: SourceRow, sealed: Iterable[SecretFound], keyed: Keyed) -> Hider:
    """One that knows what this row and the rows beside it hold, and what was sealed because of its name."""
    known = [
        (spelled, stand_in(token, keyed))
        for token in _tokens(row)
        for spelled in dict.fromkeys((token, token.lower(), normal(token), _in_words(token)))
        if len(spelled) >= _SHORTEST
    ]
    named = {found.value for found in sealed if _NAMED.fullmatch(found.value)}
    whole = [
        (value, stand_in(value, keyed)) for value in sorted(named, key=lambda value: (-len(value), value))
    ]
    return Hider(tuple(known), tuple(whole), keyed)


def stand_in(secret: str, keyed: Keyed) -> str:
    """What is shown in a secret's place: the same for the same secret, and nothing to guess it by without the key."""
    return f"{HIDDEN}{keyed(secret)[:8]}{STAND_IN_END}"


def _without(text: str, secret: str, stand_in: str) -> str:
    """The text without the secret, and without what was cut off behind its beginning."""
    at = text.find(secret[:_SHORTEST])
    while at >= 0:
        end = at + _SHORTEST
        while end < len(text) and end - at < len(secret) and text[end] == secret[end - at]:
            end += 1
        text = text[:at] + stand_in + text[end:]
        at = text.find(secret[:_SHORTEST], at + len(stand_in))
    return text


def _in_words(token: str) -> str:
    return "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in token)


def _tokens(row: SourceRow) -> Iterator[str]:
    """What the row holds of secrets, longest first, so that none is hidden in part."""
    found: set[str] = set()
    for columns in (row.columns, *(member for members in row.side.values() for member in members)):
        found.update(_tokens_of(columns))
    yield from sorted(found, key=lambda token: (-len(token), token))


def _tokens_of(columns: Row) -> Iterator[str]:
    for text in columns.values():
        if text is None:
            continue
        raw = text.encode("utf-8", "surrogatepass")
        for begin, end in secret_spans(raw):
            token = raw[begin:end].decode("utf-8", "replace").lstrip(" \t\"'=:,;({[<>/?&")
            if len(token) >= _SHORTEST:
                yield token[:_LONGEST] if "\n" in token or "\\n" in token else token


def _everything(verdict: RowsOutcome) -> Iterator[str]:
    for members in verdict.rows.values():
        for member in members:
            for name, value in member.items():
                if name in KEYS:
                    continue
                if type(value) is str:
                    yield value
                elif type(value) is list:
                    yield from map(str, value)
    for reason in verdict.reasons:
        yield f"{reason.field} {reason.message}"
    for change in verdict.changes:
        yield f"{change.field} {change.message} {dumps_text([change.before, change.after])}"


def _row(table: str, row: Mapping[str, Any], hider: Hider, findings: Findings) -> dict[str, Any]:
    made = {
        name: value if name in KEYS else _column(f"{table}.{name}", name, value, hider, findings)
        for name, value in row.items()
    }
    return rehashed(made, row)


def rehashed(made: dict[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """The row with the hash of the definition that it has now."""
    if "definition_hash" in made and made["definition"] != before["definition"]:
        made["definition_hash"] = hashlib.sha256(dumps(loads(made["definition"]))).hexdigest()
    return made


def _column(path: str, name: str, value: Any, hider: Hider, findings: Findings) -> Any:
    if type(value) is list:
        return [_text(item, path, hider, findings) for item in value]
    if type(value) is not str:
        return value
    if name not in DOCUMENTS:
        return _text(value, path, hider, findings)
    if not hider.touches([value]):
        return value
    is_value = name != "definition" and name not in _TEXTS_ONLY
    return dumps_text(_document(loads(value), path, hider, findings, is_value))


def _text(text: str, path: str, hider: Hider, findings: Findings) -> str:
    hidden = hider.hide(text)
    if hidden != text:
        said = "A secret stood in this text; it is hidden now."
        findings.reason(ReasonCode.SECRET_SEALED, hider.hide(path), said)
    return hidden


def _document(value: Any, path: str, hider: Hider, findings: Findings, is_value: bool) -> Any:
    if type(value) is str:
        if is_value and hider.touches([value]):
            return sealed(value, hider.hide(path), findings)
        return _text(value, path, hider, findings)
    if type(value) is list:
        return [_document(item, f"{path}[{at}]", hider, findings, is_value) for at, item in enumerate(value)]
    if type(value) is not dict or (len(value) == 1 and MARK in value):
        return value
    return {
        _text(key, path, hider, findings): _document(
            item, f"{path}.{key}", hider, findings, is_value or key in _VALUES
        )
        for key, item in value.items()
    }


def _reason(reason: Reason, hider: Hider) -> Reason:
    field = None if reason.field is None else hider.hide(reason.field)
    return Reason(reason.code, field, mask(hider.hide(reason.message)))


def _change(change: SemanticChange, hider: Hider) -> SemanticChange:
    field = None if change.field is None else hider.hide(change.field)
    before, after = (mask_values(_hidden(value, hider)) for value in (change.before, change.after))
    return SemanticChange(change.code, field, before, after, mask(hider.hide(change.message)))


def _hidden(value: Any, hider: Hider) -> Any:
    if isinstance(value, str):
        return hider.hide(value)
    if isinstance(value, dict):
        return {hider.hide(str(key)): _hidden(item, hider) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_hidden(item, hider) for item in value]
    return value
