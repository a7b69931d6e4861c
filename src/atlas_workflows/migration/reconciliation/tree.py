"""A tree of hashes per organization: row → bucket → table → organization. Pure.

A bucket's hash is the sum of its rows' hashes modulo 2^256, so the order in which rows arrive does not matter and
both sides can be summed while streaming. What stands in a certificate is signed, so that nobody who may only write tables
can make another one fit.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

MODULUS = 1 << 256
BUCKETS = 16


class Hashed(Protocol):
    """What a tree sums up: a row's hash, and the bucket that its id falls into."""

    @property
    def digest(self) -> int: ...

    @property
    def bucket(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Leaf:
    """One source row as the ledger has it, or as it was recomputed. `findings`: reasons and changes, as the ledger says them."""

    table: str
    id: str
    source_hash: str
    outcome: str
    target_hash: str | None
    findings: str = ""

    @property
    def digest(self) -> int:
        parts = (self.table, self.id, self.source_hash, self.outcome, self.target_hash or "", self.findings)
        return _hashed("".join(map(told, parts)))

    @property
    def bucket(self) -> int:
        return bucket_of(self.id)


@dataclass(frozen=True, slots=True)
class Kept:
    """One row of ours as it is now: its table, the id of what it was made of, and the text of what is certified."""

    table: str
    id: str
    text: str

    @property
    def digest(self) -> int:
        return _hashed(f"{told(self.table)}{told(self.id)}{self.text}")

    @property
    def bucket(self) -> int:
        return bucket_of(self.id)


def told(value: str) -> str:
    """A text in a form that no other has."""
    return f"{len(value)}:{value}"


def _hashed(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest(), "big")


def bucket_of(row_id: str) -> int:
    """The bucket that a row's id falls into."""
    return hashlib.sha256(row_id.encode("utf-8", "surrogatepass")).digest()[0] % BUCKETS


@dataclass(slots=True)
class TableTree:
    """The buckets of one table: how many rows, and the sum of their hashes."""

    counts: list[int] = field(default_factory=lambda: [0] * BUCKETS)
    sums: list[int] = field(default_factory=lambda: [0] * BUCKETS)

    def add(self, leaf: Hashed) -> None:
        self.add_total(leaf.bucket, 1, leaf.digest)

    def add_total(self, bucket: int, count: int, total: int) -> None:
        """Take over rows of one bucket that were summed up elsewhere."""
        self.counts[bucket] += count
        self.sums[bucket] = (self.sums[bucket] + total) % MODULUS

    def add_all(self, other: "TableTree") -> None:
        """Take over the rows of a tree that was grown elsewhere."""
        for bucket, (count, total) in enumerate(zip(other.counts, other.sums, strict=True)):
            self.add_total(bucket, count, total)

    @property
    def rows(self) -> int:
        return sum(self.counts)

    @property
    def buckets(self) -> list[str]:
        pairs = zip(self.counts, self.sums, strict=True)
        return [hashlib.sha256(f"{count}:{total:064x}".encode()).hexdigest() for count, total in pairs]

    @property
    def root(self) -> str:
        return hashlib.sha256("".join(self.buckets).encode()).hexdigest()


def root_of(tables: Mapping[str, str]) -> str:
    """The hash of an organization from the roots of its tables."""
    text = "".join(f"{name}:{root}\n" for name, root in sorted(tables.items()))
    return hashlib.sha256(text.encode()).hexdigest()


def tree_of(leaves: Iterable[Leaf]) -> TableTree:
    """The tree of one table's leaves."""
    tree = TableTree()
    for leaf in leaves:
        tree.add(leaf)
    return tree


def differing_buckets(one: Iterable[str], other: Iterable[str]) -> list[int]:
    """The numbers of the buckets in which two tables differ."""
    return [number for number, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
