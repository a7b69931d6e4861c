"""The identity provider as the settings name it; without its libraries, which only who has one needs to load."""

from dataclasses import dataclass

from atlas_workflows.errors import ConfigurationError

# Signed with a private key that only the provider has: a shared secret (HS256) would let whoever verifies sign as well.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")


@dataclass(frozen=True, slots=True)
class Provider:
    """An identity provider, as the settings name it."""

    issuer: str
    audience: str
    keys_url: str
    algorithms: tuple[str, ...] = ("RS256", "ES256")

    @staticmethod
    def of(issuer: str, audience: str, keys_url: str, algorithms: str) -> "Provider | None":
        """Of the settings; None where they name none. Raises ConfigurationError for half of one."""
        if not (issuer or audience or keys_url):
            return None
        if not (issuer and audience and keys_url):
            raise ConfigurationError(
                "The identity provider is named by half.",
                remedy="Set ATLAS_JWT_ISSUER, ATLAS_JWT_AUDIENCE and ATLAS_JWT_KEYS_URL, or none of them.",
            )
        names = tuple(name.strip() for name in algorithms.split(",") if name.strip())
        return Provider(issuer, audience, keys_url, names)

    def __post_init__(self) -> None:
        foreign = [name for name in self.algorithms if name not in ALGORITHMS]
        if foreign or not self.algorithms:
            raise ConfigurationError(
                f"ATLAS_JWT_ALGORITHMS holds {', '.join(foreign) or 'nothing'}.",
                remedy=f"Choose of {', '.join(ALGORITHMS)}.",
            )
