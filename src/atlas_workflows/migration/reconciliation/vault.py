"""What the reconciler needs of the keys: open what is sealed, and tell whether a keyed hash fits."""

from dataclasses import dataclass
from typing import Protocol


class Vault(Protocol):
    """Opens sealed originals and secrets; the keys never leave it."""

    def hmac(self, text: str) -> str:
        """The keyed hash that stands for the content hash of a sealed original."""
        ...

    def unseal(self, sealed: bytes) -> str:
        """The plain text; raises AtlasError where no key in force fits."""
        ...


@dataclass(frozen=True, slots=True)
class SealedSecret:
    """A secret as the table holds it."""

    id: str
    organization_id: str
    sealed: bytes
