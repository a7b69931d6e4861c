#!/usr/bin/env python3
"""Check certificates of a migration again, months later, with psycopg and cryptography alone: shares no code with the product.

    python scripts/verify_certificate.py postgresql://… [--organization ID] [--public-key KEY]

For each organization's newest certificate it checks the signature and that the row says what was signed, and computes anew
from what the tables hold now: the ledger, every enhanced row, every original (one that is sealed as it lies there; with the keys
in ATLAS_SECRET_KEYS also what is in it), the secrets, and the sign-offs. It prints what holds and, where something does not, the
table and the rows. KEY is the public key that was printed when the certificate was issued, or a file with it; without it a
signature shows only that nothing was changed by somebody without the key that the certificate itself names.

Exit 0: all hold. 1: something changed, or nothing can be proven with a certificate. 2: nothing to check.
"""

import argparse
import base64
import json
import os
import sys
from collections import defaultdict
from pathlib import Path

import psycopg
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

# Also where Python does not look beside the script by itself.
sys.path.insert(0, str(Path(__file__).resolve().parent))
from certified_rows import BUCKETS, SESSION, SIGNED, Keys, Now, Tree, hashed, told_by_name, told_in_order

SHOWN = 20
FORMAT = "atlas.certificate/3"
OLDER = "atlas.certificate/2"
# Certificates of the release before say a row of ours without the names of its columns, and are checked all the same.
FORMATS = {FORMAT: told_by_name, OLDER: told_in_order}
NEWEST = """
    SELECT DISTINCT ON (organization_id, phase) organization_id::text, phase, phase_run_id::text, number, body, body_hash,
        signature, issued_at
    FROM atlas.certificates WHERE %(organization)s::text IS NULL OR organization_id::text = %(organization)s
    ORDER BY organization_id, phase, number DESC
"""


class Certificate:
    """One row of atlas.certificates; `faults` says what is wrong with its form, and nothing else is looked at then."""

    def __init__(self, organization, phase, run, number, body, body_hash, signature, issued_at):
        self.organization, self.phase, self.run, self.number = organization, phase, run, number
        self.body, self.body_hash, self.signature, self.issued_at = body, body_hash, signature, issued_at
        self.is_unsigned = signature is None and not (
            isinstance(body, dict) and str(body.get("format")) in FORMATS
        )
        self.faults = list(misshapen(body))

    @property
    def name(self):
        return f"{self.organization} {self.phase}, number {self.number}, of {self.issued_at:%Y-%m-%d %H:%M}"

    @property
    def enhanced(self):
        parts = {} if self.faults or self.is_unsigned else self.body["enhanced"]
        told_row = FORMATS.get(self.body["format"]) if parts else None
        return [
            (table, tuple(part["columns"]), tuple(part.get("beside", ())), told_row)
            for table, part in parts.items()
        ]


def misshapen(body):
    """What the body lacks of a certificate's form."""
    if not isinstance(body, dict):
        yield f"its body is no object but {TYPES.get(type(body), 'nothing')}"
    elif str(body.get("format")) not in FORMATS:
        yield f"its body is no certificate of the form {FORMAT}: its format is {body.get('format', 'not stated')}"
    else:
        yield from unlike(body, OLDER_FORM if body["format"] == OLDER else FORM, "it")


def unlike(value, form, place):
    if isinstance(form, dict):
        if not isinstance(value, dict):
            yield f"{place} is no object"
            return
        each = form.get("*")
        yield from (f"{place} has no {name}" for name in form if name != "*" and name not in value)
        for name, part in value.items():
            if each is not None or name in form:
                yield from unlike(part, each if each is not None else form[name], f"{place}.{name}")
    elif isinstance(form, list):
        if not isinstance(value, list):
            yield f"{place} is no list"
            return
        for number, part in enumerate(value):
            yield from unlike(part, form[0], f"{place}[{number}]")
    elif not isinstance(value, form) or isinstance(value, bool):
        yield f"{place} is no {TYPES[form]}"


TYPES = {str: "text", int: "number", dict: "object", list: "list", bool: "yes or no", float: "number"}
FORM = {
    "format": str, "number": int, "organization_id": str, "phase": str, "phase_run_id": str, "issued_at": str,
    "public_key": str, "runs": [str], "tree_hash": str, "sign_offs": [dict.fromkeys(SIGNED, str)],
    "tables": {"*": {"source_rows": int, "outcomes": {"*": int}, "root": str, "buckets": [str],
                     "sealed": {"rows": int, "root": str}}},
    "enhanced": {"*": {"columns": [str], "beside": [str], "rows": int, "root": str, "buckets": [str]}},
    "secrets": {"rows": int, "root": str, "values_root": str},
}  # fmt: skip
OLDER_FORM = FORM | {"enhanced": {"*": {"columns": [str], "rows": int, "root": str, "buckets": [str]}}}


def complaints(certificate, now, trusted):
    """Everything that does not hold."""
    yield from of_itself(certificate, trusted)
    yield from of_the_ledger(certificate, now)
    yield from of_enhanced_rows(certificate, now)
    yield from of_secrets(certificate, now)
    yield from of_sign_offs(certificate, now)


def of_itself(certificate, trusted):
    """Signature, the columns beside the body, and the hashes that it states of its own parts."""
    body = certificate.body
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    if trusted is not None and body["public_key"] != trusted:
        yield f"it names the public key {body['public_key']}, which is not the one given"
    if not is_signed(text, certificate.signature, trusted or body["public_key"]):
        yield "the certificate itself was changed: its signature does not fit"
    for name, value in (
        ("organization_id", certificate.organization),
        ("phase", certificate.phase),
        ("phase_run_id", certificate.run),
        ("number", certificate.number),
        ("issued_at", certificate.issued_at.isoformat()),
    ):
        if body[name] != value:
            yield f"its {name} was changed to {value}: it was issued {'for' if name == 'organization_id' else 'with'} {body[name]}"
    if certificate.body_hash != hashed(text):
        yield "the hash beside it was changed"
    yield from unfounded(body)


def is_signed(text, signature, public_key):
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key, validate=True))
        key.verify(base64.b64decode(signature, validate=True), text.encode())
    except (TypeError, ValueError, InvalidSignature):
        return False
    return True


def unfounded(body):
    roots = {"secrets": body["secrets"]["root"], "secrets.values": body["secrets"]["values_root"]}
    for prefix, kind in (("public", "tables"), ("atlas", "enhanced")):
        for table, part in body[kind].items():
            roots[f"{prefix}.{table}"] = part["root"]
            if len(part["buckets"]) != BUCKETS or part["root"] != hashed("".join(part["buckets"])):
                yield f"{prefix}.{table}: its root is not that of its buckets"
    roots |= {f"sealed.{table}": part["sealed"]["root"] for table, part in body["tables"].items()}
    if body["tree_hash"] != hashed("".join(f"{name}:{root}\n" for name, root in sorted(roots.items()))):
        yield "its tree hash is not that of its tables"


def of_the_ledger(certificate, now):
    body, organization = certificate.body, certificate.organization
    empty = {
        "source_rows": 0,
        "outcomes": {},
        "buckets": Tree().buckets,
        "sealed": {"rows": 0, "root": Tree().root},
    }
    for table in sorted({*body["tables"], *(name for whose, name in now.ledger if whose == organization)}):
        stated, tree = body["tables"].get(table, empty), now.ledger[organization, table]
        wrong = differing(stated["buckets"], tree.buckets)
        if wrong:
            changed = now.written_since(organization, table, wrong, body["runs"])
            yield f"{table}, buckets {wrong}: rows written since: {shown(changed) or 'none, so one was lost or edited'}"
        counted = now.outcomes[organization, table]
        if not wrong and (stated["outcomes"] != counted or stated["source_rows"] != counted.total()):
            yield f"{table}: it states {stated['source_rows']} rows, {stated['outcomes']}; there are {dict(counted)}"
        yield from of_sealed(table, stated["sealed"], now.sealed[organization, table], now)
    for (table, said), rows in sorted(by_fault(now.originals[organization]).items()):
        yield f"{table}, {len(rows)} rows: {said}: {shown(rows)}"


def of_sealed(table, stated, tree, now):
    """A sealed original that lies there otherwise: with the keys it is opened and looked at, row by row, instead."""
    if sum(tree.counts) != stated["rows"]:
        yield f"{table}: {stated['rows']} originals were sealed, now {sum(tree.counts)} are"
    elif tree.root != stated["root"] and not now.keys.are_given:
        yield f"{table}: {RESEALED.format('originals')}"


RESEALED = (
    "sealed {} are not those that were certified: a rotation of keys sealed them anew, or somebody replaced them;"
    " give the keys in ATLAS_SECRET_KEYS to tell"
)


def of_enhanced_rows(certificate, now):
    organization = certificate.organization
    for part in certificate.enhanced:
        table, stated, tree = part[0], certificate.body["enhanced"][part[0]], now.enhanced[part][organization]
        if part in now.missing:
            yield now.missing[part]
            continue
        wrong = differing(stated["buckets"], tree.buckets)
        if not wrong and sum(tree.counts) != stated["rows"]:
            yield f"atlas.{table}: it states {stated['rows']} rows; there are {sum(tree.counts)}"
        if wrong:
            gone = now.without_rows(organization, table, wrong)
            found = f"; nothing is left of {shown(gone)}" if gone else "; a row was changed"
            yield f"atlas.{table}, buckets {wrong}: {stated['rows']} rows were certified, there are {sum(tree.counts)}{found}"


def of_secrets(certificate, now):
    stated, organization = certificate.body["secrets"], certificate.organization
    tree, values = now.secrets[organization], now.values[organization]
    if sum(tree.counts) != stated["rows"]:
        yield f"{stated['rows']} secrets were certified, there are {sum(tree.counts)}"
    elif now.unopened[organization]:
        yield f"no key given opens {now.unopened[organization]} secrets"
    elif now.keys.are_given and values.root != stated["values_root"]:
        yield "a secret was replaced"
    elif tree.root != stated["root"] and not now.keys.are_given:
        yield RESEALED.format("secrets")


def of_sign_offs(certificate, now):
    for stated in certificate.body["sign_offs"]:
        name = f"sign-off of {stated['code']} for workflow {stated['workflow_id']} by {stated['signed_by']}"
        organization, signed, voided_at, why = now.sign_offs.get(stated["id"], (None, None, None, None))
        if signed is None:
            yield f"no {name} is on record"
        elif organization != certificate.organization or signed != stated:
            changed = [column for column in SIGNED if signed[column] != stated[column]] or ["organization_id"]
            yield f"the {name} was changed: {', '.join(changed)}"
        elif voided_at is not None:
            yield f"the {name} was voided on {voided_at}: {why}"


def differing(one, other):
    if len(one) != len(other):
        return list(range(BUCKETS))
    return [number for number, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]


def by_fault(faults):
    found = defaultdict(list)
    for table, row_id, said in faults:
        found[table, said].append(row_id)
    return found


def shown(names):
    return ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")


def check(certificate, now, trusted):
    """The word for it, and what to say below."""
    if certificate.is_unsigned:
        return "UNSIGNED", [UNSIGNED]
    if certificate.faults:
        return "DOES NOT HOLD", certificate.faults
    found = list(complaints(certificate, now, trusted))
    return ("DOES NOT HOLD" if found else "HOLDS"), found


UNSIGNED = (
    "an earlier release issued it, without a signature and without a word about the enhanced rows, so it proves nothing;"
    " run the phase again: whoever has no difference gets one that can be checked"
)


def read_certificates(connection, organization):
    """The newest of each organization and phase; by number, where the schema has numbers."""
    numbered = connection.execute(
        "SELECT 1 FROM pg_attribute WHERE attrelid = to_regclass('atlas.certificates') AND attname = 'number' AND NOT attisdropped"
    ).fetchone()
    question = (
        NEWEST
        if numbered
        else NEWEST.replace("number DESC", "issued_at DESC").replace(
            "number, body, body_hash,\n        signature", "0, body, body_hash, NULL"
        )
    )
    rows = connection.execute(question, {"organization": organization and organization.lower()}).fetchall()
    return [Certificate(*row) for row in rows]


def public_key(given):
    """The key itself, or what a file of that name holds; None where none is given."""
    if given is None:
        return None
    text = Path(given).read_text().strip() if Path(given).is_file() else given.strip()
    try:
        Ed25519PublicKey.from_public_bytes(base64.b64decode(text, validate=True))
    except ValueError:
        raise SystemExit(
            f"--public-key {given!r} is neither a public key (32 bytes in base64) nor a file that holds one."
        ) from None
    return text


def sealing_keys():
    try:
        return Keys(os.environ.get("ATLAS_SECRET_KEYS", ""))
    except ValueError:
        raise SystemExit("ATLAS_SECRET_KEYS holds something that is no Fernet key.") from None


def report(certificates, now, trusted):
    """Print all of it; how many do not hold."""
    failed = 0
    for certificate in certificates:
        word, found = check(certificate, now, trusted)
        failed += word != "HOLDS"
        print(f"{certificate.name}: {word}")
        for line in found:
            print(f"  {line}")
    print(f"{len(certificates)} checked, {failed} do not hold")
    keys = sorted({item.body["public_key"] for item in certificates if not (item.faults or item.is_unsigned)})
    if trusted is None and keys:
        print(
            f"Signed with {', '.join(keys)}. Compare it with the public key that you keep, or give that as --public-key."
        )
    return failed


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("dsn")
    parser.add_argument("--organization")
    parser.add_argument("--public-key", metavar="KEY")
    arguments = parser.parse_args()
    trusted, keys = public_key(arguments.public_key), sealing_keys()
    try:
        with psycopg.connect(arguments.dsn, client_encoding="UTF8") as connection:
            connection.isolation_level, connection.read_only = psycopg.IsolationLevel.REPEATABLE_READ, True
            connection.execute(SESSION)
            certificates = read_certificates(connection, arguments.organization)
            failed = report(certificates, Now(connection, certificates, keys), trusted)
    except psycopg.errors.UndefinedTable:
        print("There is no table atlas.certificates in this database.", file=sys.stderr)
        return 2
    except psycopg.Error as cause:
        print(f"The database cannot be read: {str(cause).strip().splitlines()[0]}", file=sys.stderr)
        return 2
    return 2 if not certificates else 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
