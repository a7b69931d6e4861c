"""Prints the secrets that docker-compose.yaml needs as lines for `.env`; standard library only."""

import base64
import os
import secrets
import sys


def fernet_key() -> str:
    """32 random bytes in URL-safe base64."""
    return base64.urlsafe_b64encode(os.urandom(32)).decode()


def lines() -> list[str]:
    """NAME=value, one for each variable that the compose file insists on."""
    return [
        f"POSTGRES_PASSWORD={secrets.token_hex(16)}",
        f"REDIS_PASSWORD={secrets.token_hex(16)}",
        f"AIRFLOW_FERNET_KEY={fernet_key()}",
        f"AIRFLOW_API_SECRET={secrets.token_urlsafe(32)}",
        f"AIRFLOW_JWT_SECRET={secrets.token_urlsafe(48)}",
        f"ATLAS_SECRET_KEYS={fernet_key()}",
    ]


if __name__ == "__main__":
    sys.stdout.write("\n".join(lines()) + "\n")
