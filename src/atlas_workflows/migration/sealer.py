"""The keys of a migration: the sealer for secrets, and what input hashes are made with."""

import base64
import hashlib

from atlas_workflows.legacy.sealing import Sealer
from atlas_workflows.migration.entry import Keys
from atlas_workflows.settings import Settings


def keys_from(settings: Settings) -> Keys:
    """Keys of the settings, newest first; raises ConfigurationError when there is none or one is no Fernet key."""
    sealer = Sealer(settings.secret_keys)
    return Keys(sealer, tuple(_hash_key(key) for key in settings.secret_keys))


def _hash_key(key: str) -> bytes:
    # Not the Fernet key itself: what hashes are made with must not open seals.
    return hashlib.sha256(b"atlas input hashes\x00" + base64.urlsafe_b64decode(key)).digest()
