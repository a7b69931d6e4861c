"""A tree of hashes per organization: row → bucket → table → organization. Pure.

A bucket's hash is the sum of its rows' hashes modulo 2^256, so the order in which rows arrive does not matter and
both sides can be summed while streaming. It guards against accidents and quiet edits; someone who may write the
certificates as well as the tables needs no hash to cheat.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

MODULUS = 1 << 256
BUCKETS = 16


@dataclass(frozen=True, slots=True)
class Leaf:
    """One source row as the ledger has it, or as it was recomputed."""

    table: str
    id: str
    source_hash: str
    outcome: str
    target_hash: str | None

    @property
    def digest(self) -> int:
        parts = (self.table, self.id, self.source_hash, self.outcome, self.target_hash or "")
        text = "".join(f"{len(part)}:{part}" for part in parts)
        return int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest(), "big")

    @property
    def bucket(self) -> int:
        return hashlib.sha256(self.id.encode("utf-8", "surrogatepass")).digest()[0] % BUCKETS


@dataclass(slots=True)
class TableTree:
    """The buckets of one table: how many rows, and the sum of their hashes."""

    counts: list[int] = field(default_factory=lambda: [0] * BUCKETS)
    sums: list[int] = field(default_factory=lambda: [0] * BUCKETS)

    def add(self, leaf: Leaf) -> None:
        bucket = leaf.bucket
        self.counts[bucket] += 1
        self.sums[bucket] = (self.sums[bucket] + leaf.digest) % MODULUS

    def add_all(self, other: "TableTree") -> None:
        """Take over the rows of a tree that was grown elsewhere."""
        self.counts = [mine + theirs for mine, theirs in zip(self.counts, other.counts, strict=True)]
        self.sums = [(mine + theirs) % MODULUS for mine, theirs in zip(self.sums, other.sums, strict=True)]

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
