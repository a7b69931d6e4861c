"""Sealing of secrets at rest: Fernet with rotation, and keyed hashes that stay the same when keys rotate.

The last key of ATLAS_SECRET_KEYS is the identity key: the HMAC key of content hashes is derived from it. Rotation
puts a new key in front and never removes the last one, so a hash can be verified at any later time. See
docs/runbooks/secrets.md, also for what a lost key means.
"""

import base64
import hashlib
import hmac

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from atlas_workflows.errors import ConfigurationError

HMAC_PREFIX = "hmac:"


class Sealer:
    """Seals and unseals texts under the keys in force, newest first."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        """`keys`: Fernet keys (Settings.secret_keys); raises ConfigurationError when there is none or one is wrong."""
        if not keys:
            raise ConfigurationError(
                "There is no key to seal secrets with.",
                remedy="Set ATLAS_SECRET_KEYS (see docs/runbooks/secrets.md), or let ./atlas make one.",
            )
        try:
            self._fernet = MultiFernet([Fernet(key) for key in keys])
        except ValueError as cause:
            raise ConfigurationError(
                "ATLAS_SECRET_KEYS holds something that is no Fernet key.",
                remedy="A key is 32 random bytes in URL-safe base64, as `./atlas` makes them.",
            ) from cause
        self.key_id = _fingerprint(keys[0])
        self.identity_id = _fingerprint(keys[-1])
        self._hash_key = HKDF(SHA256(), 32, salt=None, info=b"atlas content hash").derive(
            base64.urlsafe_b64decode(keys[-1])
        )

    def seal(self, text: str) -> bytes:
        """The sealed text; two seals of one text differ. Half surrogates survive."""
        return self._fernet.encrypt(text.encode("utf-8", "surrogatepass"))

    def unseal(self, sealed: bytes) -> str:
        """The text; raises ConfigurationError when no key in force opens it."""
        try:
            return self._fernet.decrypt(bytes(sealed)).decode("utf-8", "surrogatepass")
        except InvalidToken as cause:
            raise _not_ours() from cause

    def rotate(self, sealed: bytes) -> bytes:
        """The same text sealed under the newest key; raises like `unseal`."""
        try:
            return self._fernet.rotate(bytes(sealed))
        except InvalidToken as cause:
            raise _not_ours() from cause

    def hmac(self, text: str) -> str:
        """Keyed hash of content that holds a secret, so that guessing the secret from the hash needs the key."""
        digest = hmac.new(self._hash_key, text.encode("utf-8", "surrogatepass"), hashlib.sha256)
        return HMAC_PREFIX + digest.hexdigest()


def _fingerprint(key: str) -> str:
    return hashlib.sha256(base64.urlsafe_b64decode(key)).hexdigest()[:12]


def _not_ours() -> ConfigurationError:
    return ConfigurationError(
        "No key in force opens this secret.",
        remedy="Add the key it was sealed with to ATLAS_SECRET_KEYS (docs/runbooks/secrets.md).",
    )
