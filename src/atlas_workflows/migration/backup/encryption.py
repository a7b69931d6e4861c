"""Encrypt a backup's files at rest: Fernet tokens over chunks, so that memory stays small whatever the file's size."""

import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from atlas_workflows.errors import BackupError

SUFFIX = ".sealed"
CHUNK = 1024 * 1024
_LENGTH = struct.Struct(">I")


def encrypt_folder(folder: Path, keys: tuple[str, ...]) -> None:
    """Replace every file by its encrypted form (name + .sealed) under the first of `keys`."""
    cipher = _cipher(keys)
    for path in [path for path in folder.rglob("*") if path.is_file()]:
        _rewrite(path, path.with_name(path.name + SUFFIX), lambda source: _encrypted(source, cipher))


def decrypt_folder(folder: Path, keys: tuple[str, ...]) -> None:
    """The inverse, in place. Raises BackupError where no key fits or a chunk is missing."""
    cipher = _cipher(keys)
    for path in [path for path in folder.rglob(f"*{SUFFIX}") if path.is_file()]:
        _rewrite(
            path, path.with_name(path.name.removesuffix(SUFFIX)), lambda source: _decrypted(source, cipher)
        )


def _rewrite(source: Path, target: Path, convert: Callable[[BinaryIO], Iterator[bytes]]) -> None:
    target.touch(mode=0o600)
    with source.open("rb") as reader, target.open("wb") as writer:
        writer.writelines(convert(reader))
    source.unlink()


def _encrypted(source: BinaryIO, cipher: MultiFernet) -> Iterator[bytes]:
    # The number in front of each chunk is encrypted with it: chunks can be neither swapped nor cut off unnoticed.
    number = 0
    while True:
        chunk = source.read(CHUNK)
        token = cipher.encrypt(_LENGTH.pack(number) + chunk)
        yield _LENGTH.pack(len(token)) + token
        if not chunk:
            return
        number += 1


def _decrypted(source: BinaryIO, cipher: MultiFernet) -> Iterator[bytes]:
    number = 0
    while True:
        head = source.read(_LENGTH.size)
        token = source.read(_LENGTH.unpack(head)[0]) if len(head) == _LENGTH.size else b""
        chunk = _opened(token, number, cipher)
        if not chunk:
            return
        yield chunk
        number += 1


def _opened(token: bytes, number: int, cipher: MultiFernet) -> bytes:
    try:
        plain = cipher.decrypt(token)
    except InvalidToken as cause:
        raise BackupError(
            "The backup cannot be decrypted.", remedy="Put the key it was made with into ATLAS_SECRET_KEYS."
        ) from cause
    if _LENGTH.unpack(plain[: _LENGTH.size])[0] != number:
        raise BackupError("A chunk of the backup is out of place.", remedy="Take an older backup.")
    return plain[_LENGTH.size :]


def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    if not keys:
        raise BackupError("No key to encrypt the backup with.", remedy="Set ATLAS_SECRET_KEYS.")
    return MultiFernet([Fernet(key) for key in keys])
