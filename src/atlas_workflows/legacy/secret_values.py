"""Takes secrets out of legacy values: references in their place, the secrets themselves for the loader to seal."""

from collections.abc import Mapping
from typing import Any

from atlas_workflows.exact_json import dumps_text
from atlas_workflows.legacy.findings import Findings
from atlas_workflows.legacy.reasons import ReasonCode
from atlas_workflows.legacy.source.documents import decode
from atlas_workflows.legacy.source.references import ESCAPED, MARK, renamed
from atlas_workflows.secrets.detection import (
    holds_secret,
    is_pair,
    is_pin,
    is_secret,
    may_hold_secret,
    named_members,
)
from atlas_workflows.secrets.masking import hide_secrets
from atlas_workflows.secrets.recognition import looks_secret
from atlas_workflows.secrets.secret_names import is_container_of_secrets, is_secret_name


def sealed(value: Any, path: str, findings: Findings) -> dict[str, str]:
    """The reference that stands for a secret from now on; the secret itself goes to the loader."""
    text = value if isinstance(value, str) else dumps_text(value)
    findings.reason(ReasonCode.SECRET_SEALED, path, "A secret stood there in clear; it is sealed now.")
    return {MARK: str(findings.secret(path, text))}


def hidden(text: str, path: str, findings: Findings) -> str:
    """Where only text may stand a reference cannot; what is secret of it is hidden, and the whole is sealed."""
    if not text or not looks_secret(text):
        return text
    findings.reason(ReasonCode.SECRET_SEALED, path, "A secret stood in this text; it is hidden now.")
    findings.secret(path, text)
    return hide_secrets(text)


def seal_values(
    value: Any, path: str, findings: Findings, *, named: bool = False, whole: bool = False
) -> Any:
    """The value with every secret in it replaced by its reference; what holds none is returned as it is.

    `named`: a name around it says that it is one; `whole`: so does one that holds everything below (`credentials`).
    """
    kind = type(value)
    if kind is str:
        return sealed(value, path, findings) if is_secret(value, named or whole) else value
    if kind is dict:
        return _sealed_members(value, path, findings, named, whole)
    if kind is list:
        return [
            seal_values(item, f"{path}[{at}]", findings, named=named or is_pair(value, at), whole=whole)
            for at, item in enumerate(value)
        ]
    return sealed(value, path, findings) if (named or whole) and is_pin(value) else value


def _sealed_members(
    value: dict[str, Any], path: str, findings: Findings, named: bool, whole: bool
) -> dict[str, Any]:
    if MARK in value:
        if len(value) == 1 and findings.is_own(value[MARK]):
            return value
        findings.reason(ReasonCode.REFERENCE_ESCAPED, path, ESCAPED)
        value = renamed(value)
    return {
        key: seal_values(
            item, f"{path}.{key}", findings, named=is_named, whole=whole or is_container_of_secrets(key)
        )
        for key, item, is_named in named_members(value, named)
    }


def original_holds_secret(columns: Mapping[str, str | None]) -> bool:
    """Whether any column holds a secret, whatever became of it in translation."""
    findings = Findings("", "")
    return any(
        looks_secret(text) or holds_secret(decode(columns, name, findings), named=is_secret_name(name))
        for name, text in columns.items()
        if text is not None and may_hold_secret(f'"{name}":{text}'.encode("utf-8", "surrogatepass"))
    )
