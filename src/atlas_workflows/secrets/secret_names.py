"""Names that secrets go under, told after folding case, separators, digits and prefixes: `PGPASSWORD`, `password2`, `X-Api-Key`."""

import re
import unicodedata
from functools import lru_cache

from atlas_workflows.names import normal

# At the end of a name, whatever stands before: clientSecret, SMTP_PASSWORD, x-api-key.
_ENDINGS = (
    "secret|secretkey|password|passwort|kennwort|passwd|passwrd|pswd|psswd|pwd|passphrase|passcode|motdepasse|contrasena|senha|wachtwoord"
    "|token|tokenvalue|authtoken|jwt|bearer|authorization|authheader|authcode|credential|credentials|creds"
    "|(?:api|private|access|auth|signing|signature|encryption|master|account|license|subscription|service|server|client|consumer"
    "|app|application|webhook|session|ssh|integration|shared|function|deploy|developer|publishable|restricted|hmac|aes|rsa|pgp)key"
    "|connectionstring|connectionuri|connstring|connstr|sessioncookie|setcookie|sessionid"
    "|otpseed|recoverycode|backupcode|verificationcode|securitycode|accesscode|doorcode|gatecode|pincode|otpcode|mfacode|cardnumber"
    "|secrets|passwords|apikeys|accesskeys|privatekeys|recoverycodes|backupcodes"
    "|(?:access|refresh|auth|api|bearer|device|session|push)tokens"
)
_ENDS = re.compile(f".*(?:{_ENDINGS})")
# Words of their own only: `compass` is no `pass`, `shipping` no `pin`.
_WORDS = frozenset(
    {"pin", "otp", "totp", "auth", "oauth", "authentication", "pass", "smtppass", "pw", "psk", "cvv", "cvc", "cookie", "cookies", "dsn", "pkcs", "apitoken"}
)  # fmt: skip
# What may follow without making it another thing: password_hash, apiKeyProd, token_value.
QUALIFIERS = frozenset(
    {"value", "values", "hash", "prod", "production", "dev", "live", "test", "staging", "sandbox", "old", "new", "current", "previous", "next",
     "confirm", "confirmation", "repeat", "base", "b", "enc", "encrypted", "plain", "plaintext", "clear", "text", "raw", "string", "str", "header",
     "primary", "secondary", "main", "backup", "default", "v", "x", "data", "input", "field", "env", "var", "json", "pem"}
)  # fmt: skip
_NOT_A_LETTER = re.compile("[^a-z]+")
_LONGEST = 80  # longer ones are customers' texts, which no cache should keep
# Containers all of whose members are secrets.
_PLURALS = re.compile(".*(?:secrets|passwords|apikeys|credentials|creds|tokens|accesskeys|privatekeys|codes)")
VALUE_NAMES = frozenset(
    {"value", "values", "default", "defaultvalue", "currentvalue", "content", "text", "data", "raw", "plain", "plaintext", "secret", "string", "val", "v"}
)  # fmt: skip
LABELS = (
    "key", "name", "field", "header", "headerName", "header_name", "headerKey", "param", "parameter", "paramName", "variable",
    "property", "attribute", "label", "title", "id", "k", "fieldName", "field_name",
)  # fmt: skip


def is_secret_name(name: str) -> bool:
    """Whether a setting of this name holds a secret."""
    return _cached(name) if len(name) <= _LONGEST else _is_secret_name(name)


def is_container_of_secrets(name: str) -> bool:
    """Whether everything below a setting of this name is a secret: `secrets`, `credentials`."""
    return is_secret_name(name) and _PLURALS.fullmatch("".join(_words(name))) is not None


def is_value_name(name: str) -> bool:
    """Whether a member of this name is the value of the object around it: {"password": {"value": …}}."""
    return "".join(_words(name)) in VALUE_NAMES


def _is_secret_name(name: str) -> bool:
    words = _words(name)
    while words and not _ends_secret(words) and words[-1] in QUALIFIERS:
        words.pop()
    return _ends_secret(words)


def _ends_secret(words: list[str]) -> bool:
    return bool(words) and (words[-1] in _WORDS or _ENDS.fullmatch("".join(words)) is not None)


_cached = lru_cache(maxsize=8192)(_is_secret_name)


def _words(name: str) -> list[str]:
    text = normal(name)
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return [word for word in _NOT_A_LETTER.split(text) if word]
