#!/usr/bin/env python3
"""Check certificates of a migration again, months later, with nothing but psycopg: shares no code with the product.

    python scripts/verify_certificate.py postgresql://… [--organization ID]

For each organization's newest certificate it recomputes the hash of the certificate itself, the tree of hashes over
the ledger, the counts by outcome, and the hash of every original kept in clear, and looks for the sign-offs; it prints what holds and, where something does not, the
table, the bucket and the rows. Exit 0: all hold. 1: something changed. 2: nothing to check.
"""

import argparse
import hashlib
import json
import sys
from collections import Counter

import psycopg

BUCKETS, MODULUS, SHOWN = 16, 1 << 256, 20
NEWEST = """
    SELECT DISTINCT ON (organization_id, phase) organization_id::text, phase, body, body_hash, issued_at
    FROM atlas.certificates WHERE %(organization)s::text IS NULL OR organization_id::text = %(organization)s
    ORDER BY organization_id, phase, issued_at DESC
"""
LEDGER = """
    SELECT l.source_table, l.source_id, l.source_hash, l.outcome, coalesce(l.target_hash, ''), l.migrated_at,
        o.content IS NOT NULL AND encode(sha256(convert_to(o.content, 'UTF8')), 'hex') IS DISTINCT FROM l.source_hash,
        o.source_id IS NULL
    FROM atlas.migration_ledger AS l
    LEFT JOIN atlas.originals AS o USING (source_table, source_id)
    WHERE l.organization_id::text = %(organization)s AND l.source_deleted_at IS NULL AND l.rolled_back_at IS NULL
"""

SIGNED = """
    SELECT workflow_id::text, code, signed_by FROM atlas.sign_offs WHERE organization_id::text = %(organization)s
"""


def digest(parts: tuple[str, ...]) -> int:
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest(), "big")


def bucket(row_id: str) -> int:
    return hashlib.sha256(row_id.encode("utf-8", "surrogatepass")).digest()[0] % BUCKETS


def trees(rows: list[tuple]) -> dict[str, list[str]]:
    sums: dict[str, list[list[int]]] = {}
    for table, row_id, source_hash, outcome, target_hash, *_ in rows:
        buckets = sums.setdefault(table, [[0, 0] for _ in range(BUCKETS)])
        entry = buckets[bucket(row_id)]
        entry[0] += 1
        entry[1] = (entry[1] + digest((table, row_id, source_hash, outcome, target_hash))) % MODULUS
    return {
        table: [hashlib.sha256(f"{count}:{total:064x}".encode()).hexdigest() for count, total in buckets]
        for table, buckets in sums.items()
    }


def complaints(
    connection: psycopg.Connection, organization: str, body: dict, body_hash: str, issued_at: object
):
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    if hashlib.sha256(text.encode()).hexdigest() != body_hash:
        yield "the certificate itself was changed"
    rows = connection.execute(LEDGER, {"organization": organization}).fetchall()
    yield from unfounded(connection, organization, body)
    now = trees(rows)
    for table in sorted({*now, *body["tables"]}):
        certified = body["tables"].get(table, {}).get("buckets") or [""] * BUCKETS
        current = now.get(table) or [""] * BUCKETS
        wrong = {number for number in range(BUCKETS) if certified[number] != current[number]}
        if wrong:
            changed = [r[1] for r in rows if r[0] == table and bucket(r[1]) in wrong and r[5] > issued_at]
            named = ", ".join(changed[:SHOWN]) + (
                f" and {len(changed) - SHOWN} more" if len(changed) > SHOWN else ""
            )
            yield f"{table}, buckets {sorted(wrong)}: rows written since: {named or 'none, so one was lost or edited'}"
        stated = body["tables"].get(table, {})
        counted = Counter(row[3] for row in rows if row[0] == table)
        if not wrong and (stated["outcomes"] != counted or stated["source_rows"] != counted.total()):
            yield f"{table}: it states {stated['source_rows']} rows, {stated['outcomes']}; there are {dict(counted)}"
    for table, row_id, *_, is_changed, is_gone in rows:
        if is_changed or is_gone:
            yield f"{table} {row_id}: its original {'is gone' if is_gone else 'was changed'}"


def unfounded(connection: psycopg.Connection, organization: str, body: dict):
    """What the certificate states of itself and of sign-offs, held against its own buckets and what is on record."""
    roots = {
        table: hashlib.sha256("".join(stated["buckets"]).encode()).hexdigest()
        for table, stated in body["tables"].items()
    }
    text = "".join(f"{table}:{root}\n" for table, root in sorted(roots.items()))
    if body["tree_hash"] != hashlib.sha256(text.encode()).hexdigest():
        yield "its tree hash is not that of its tables"
    for table in sorted(table for table, stated in body["tables"].items() if stated["root"] != roots[table]):
        yield f"{table}: its root is not that of its buckets"
    if body["organization_id"] != organization:
        yield f"it was issued for {body['organization_id']}"
    on_record = set(connection.execute(SIGNED, {"organization": organization}).fetchall())
    for stated in body["sign_offs"]:
        if (stated["workflow_id"], stated["code"], stated["signed_by"]) not in on_record:
            yield f"no sign-off of {stated['code']} for workflow {stated['workflow_id']} by {stated['signed_by']} is on record"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("dsn")
    parser.add_argument("--organization")
    arguments = parser.parse_args()
    failed = checked = 0
    with psycopg.connect(arguments.dsn, autocommit=True) as connection:
        connection.execute("SET row_security = off")
        for organization, phase, body, body_hash, issued_at in connection.execute(
            NEWEST, {"organization": arguments.organization}
        ).fetchall():
            checked += 1
            found = list(complaints(connection, organization, body, body_hash, issued_at))
            failed += bool(found)
            print(
                f"{organization} {phase} of {issued_at:%Y-%m-%d %H:%M}: {'HOLDS' if not found else 'DOES NOT HOLD'}"
            )
            for line in found:
                print(f"  {line}")
    print(f"{checked} checked, {failed} do not hold")
    return 2 if not checked else 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
