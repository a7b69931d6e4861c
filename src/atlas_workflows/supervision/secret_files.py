"""Generated secrets of the local stack: one file each, mode 0600, made once and never overwritten."""

import base64
import json
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

USERS = {"admin": "admin", "viewer": "viewer"}
"""Login name to role of Airflow's simple auth manager."""


@dataclass(frozen=True, slots=True)
class StackSecrets:
    """What the Airflow processes share; `passwords` maps login name to password."""

    airflow_fernet: str = field(repr=False)
    jwt: str = field(repr=False)
    api_secret: str = field(repr=False)
    passwords: dict[str, str] = field(repr=False)
    passwords_file: Path


def fernet_key() -> str:
    """A new Fernet key: 32 random bytes in URL-safe base64."""
    return base64.urlsafe_b64encode(os.urandom(32)).decode()


def ensure_secrets(folder: Path) -> StackSecrets:
    """Read the secrets under `folder`, making those that are missing (the key that seals customers' secrets too)."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    kept(folder / "fernet.key", fernet_key)
    passwords_file = folder / "airflow-passwords.json"
    passwords = kept(passwords_file, lambda: json.dumps({name: secrets.token_urlsafe(12) for name in USERS}))
    return StackSecrets(
        airflow_fernet=kept(folder / "airflow-fernet.key", fernet_key),
        jwt=kept(folder / "airflow-jwt.secret", lambda: secrets.token_urlsafe(48)),
        api_secret=kept(folder / "airflow-api.secret", lambda: secrets.token_urlsafe(32)),
        passwords=json.loads(passwords),
        passwords_file=passwords_file,
    )


def kept(file: Path, make: Callable[[], str]) -> str:
    """The file's text; where it does not exist `make()` is written there first, readable by the owner alone."""
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return file.read_text().strip()
    with os.fdopen(descriptor, "w") as handle:
        text = make()
        handle.write(text)
    return text


def write_private(file: Path, text: str) -> None:
    """Replace `file` in one step by one that only the owner can read."""
    fresh = file.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
        handle.write(text)
    fresh.replace(file)
