"""Takes secrets out of legacy values: references in their place, the secrets themselves for the loader to seal."""

from collections.abc import Mapping
from typing import Any

from atlas_workflows.exact_json import dumps_text
from atlas_workflows.legacy.findings import Findings
from atlas_workflows.legacy.reasons import ReasonCode
from atlas_workflows.legacy.source.documents import decode
from atlas_workflows.secrets.detection import (
    holds_secret,
    is_pin,
    is_secret,
    is_secret_name,
    may_hold_secret,
    names_itself,
)


def sealed(value: Any, path: str, findings: Findings) -> dict[str, str]:
    """The reference that stands for a secret from now on; the secret itself goes to the loader."""
    text = value if isinstance(value, str) else dumps_text(value)
    findings.reason(ReasonCode.SECRET_SEALED, path, "A secret stood there in clear; it is sealed now.")
    return {"$secret": str(findings.secret(path, text))}


def seal_values(value: Any, path: str, findings: Findings, *, named: bool = False) -> Any:
    """The value with every secret in it replaced by its reference; what holds none is returned as it is."""
    if type(value) is str:
        return sealed(value, path, findings) if is_secret(value, named) else value
    if type(value) is dict:
        if "$secret" in value:
            return value
        pair = names_itself(value)
        return {
            key: seal_values(
                item, f"{path}.{key}", findings, named=is_secret_name(key) or (pair and key == "value")
            )
            for key, item in value.items()
        }
    if type(value) is list:
        return [seal_values(item, f"{path}[{at}]", findings, named=named) for at, item in enumerate(value)]
    return sealed(value, path, findings) if named and is_pin(value) else value


def original_holds_secret(columns: Mapping[str, str | None]) -> bool:
    """Whether any column holds a secret, whatever became of it in translation."""
    findings = Findings("", "")
    return any(
        holds_secret(decode(columns, name, findings), named=is_secret_name(name))
        for name, text in columns.items()
        if text is not None and may_hold_secret(f'"{name}":{text}'.encode("utf-8", "surrogatepass"))
    )
