"""Signs what must be told from a forgery months later: Ed25519, with a key that follows from the identity key.

The identity key is the last of ATLAS_SECRET_KEYS and stays the same when keys rotate, so one public key fits every
certificate. It is printed with each of them and kept apart from the database and from the keys.
"""

import base64

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from atlas_workflows.errors import ConfigurationError


class Signer:
    """Signs texts; whoever has the public key can check them, and cannot sign."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        """`keys`: Fernet keys (Settings.secret_keys); raises ConfigurationError where there is none or the last is none."""
        if not keys:
            raise ConfigurationError(
                "There is no key to sign certificates with.",
                remedy="Set ATLAS_SECRET_KEYS (see docs/runbooks/secrets.md), or let ./atlas make one.",
            )
        try:
            identity = base64.urlsafe_b64decode(keys[-1])
        except ValueError as cause:
            raise ConfigurationError(
                "The last key of ATLAS_SECRET_KEYS is no Fernet key.",
                remedy="A key is 32 random bytes in URL-safe base64, as `./atlas` makes them.",
            ) from cause
        seed = HKDF(SHA256(), 32, salt=None, info=b"atlas certificate signature").derive(identity)
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public_key = base64.b64encode(self._key.public_key().public_bytes_raw()).decode()

    def sign(self, text: str) -> str:
        """The signature in base64; the same text always has the same one."""
        return base64.b64encode(self._key.sign(text.encode())).decode()
