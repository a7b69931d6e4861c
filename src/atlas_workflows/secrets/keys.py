"""The secret key a migration needs: taken from the settings, or made once and kept under ATLAS_HOME with mode 0600."""

import os
from dataclasses import replace

from atlas_workflows.secrets.sealing import Sealer
from atlas_workflows.settings import Settings, load_settings


def own_sealer(settings: Settings | None = None) -> Sealer:
    """Seals and opens with the keys of this installation, or of the one whose settings are given."""
    return Sealer(with_secret_key(settings or load_settings()).secret_keys)


def with_secret_key(settings: Settings) -> Settings:
    """Settings that have a key. A generated one lies in <home>/secrets/fernet.key; losing it loses sealed originals."""
    if settings.secret_keys:
        return settings
    from cryptography.fernet import Fernet

    path = settings.home / "secrets" / "fernet.key"
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        keys = tuple(part.strip() for part in path.read_text().replace("\n", ",").split(",") if part.strip())
        return replace(settings, secret_keys=keys)
    with os.fdopen(descriptor, "wb") as file:
        file.write(Fernet.generate_key())
    return replace(settings, secret_keys=(path.read_text().strip(),))
