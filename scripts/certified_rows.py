"""What the tables of a migrated database hold now, summed up as certificates do: for verify_certificate.py."""

import base64
import hashlib
import hmac
import json
from collections import Counter, defaultdict

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from psycopg import sql

BUCKETS, MODULUS = 16, 1 << 256
SIGNED = ("id", "workflow_id", "code", "source_hash", "signed_by", "reason", "signed_at")
# Values are hashed as texts, so every session has to write them alike.
SESSION = """
    SELECT set_config(name, value, false) FROM (VALUES
        ('TimeZone', 'UTC'), ('DateStyle', 'ISO, YMD'), ('IntervalStyle', 'postgres'), ('bytea_output', 'hex'),
        ('extra_float_digits', '1'), ('lc_monetary', 'C'), ('row_security', 'off'), ('search_path', 'pg_catalog')
    ) AS fixed (name, value)
"""
COLUMNS = """
    SELECT c.relname, array_agg(a.attname::text), array_agg(a.attname::text) FILTER (WHERE t.typcategory = 'A')
    FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid JOIN pg_type AS t ON t.oid = a.atttypid
    WHERE c.relnamespace = to_regnamespace('atlas') AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
    GROUP BY c.relname
"""
LEDGER = """
    SELECT l.organization_id::text, l.source_table, l.source_id, l.source_hash, l.outcome, l.target_hash, l.phase_run_id::text,
        l.reasons::text || l.changes::text,
        o.source_id IS NULL, o.organization_id IS DISTINCT FROM l.organization_id,
        encode(sha256(convert_to(o.content, 'UTF8')), 'hex'), o.content_hash, o.sealed
    FROM atlas.migration_ledger AS l
    LEFT JOIN atlas.originals AS o USING (source_table, source_id)
    WHERE l.organization_id::text = ANY(%(organizations)s) AND l.source_deleted_at IS NULL AND l.rolled_back_at IS NULL
"""
SIGN_OFFS = """
    SELECT organization_id::text, id::text, workflow_id::text, code, source_hash, signed_by, reason, signed_at::text,
        voided_at::text, void_reason
    FROM atlas.sign_offs WHERE organization_id::text = ANY(%(organizations)s)
"""
NOTHING_LEFT = """
    SELECT l.source_table || ' ' || l.source_id, l.source_id FROM atlas.migration_ledger AS l
    WHERE l.organization_id::text = %(organization)s AND l.source_deleted_at IS NULL AND l.rolled_back_at IS NULL
        AND l.target_hash LIKE %(like)s AND NOT EXISTS (SELECT FROM atlas.{} AS t WHERE t.{} = l.source_id)
    ORDER BY 1
"""
SECRETS = """
    SELECT organization_id::text, id::text, sealed FROM atlas.secrets
    WHERE phase IS NOT NULL AND organization_id::text = ANY(%(organizations)s)
"""


class Tree:
    """Buckets of rows: how many, and the sum of their hashes, so that their order does not matter."""

    def __init__(self):
        self.counts, self.sums = [0] * BUCKETS, [0] * BUCKETS

    def add(self, row_id, text):
        number = bucket(row_id)
        self.counts[number] += 1
        self.sums[number] = (self.sums[number] + int(hashed(text), 16)) % MODULUS

    @property
    def buckets(self):
        pairs = zip(self.counts, self.sums, strict=True)
        return [hashed(f"{count}:{total:064x}") for count, total in pairs]

    @property
    def root(self):
        return hashed("".join(self.buckets))


def hashed(text):
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def bucket(row_id):
    return hashlib.sha256(row_id.encode("utf-8", "surrogatepass")).digest()[0] % BUCKETS


def told(value):
    """A value in a form that no other has: a text with its length, an array with its own, nothing as a dash."""
    if value is None:
        return "-"
    if isinstance(value, str):
        return f"{len(value)}:{value}"
    text = json.dumps(value, separators=(",", ":"))
    return f"a{len(text)}:{text}"


def told_in_order(row, beside):
    """The values of a row, one behind the other."""
    return "".join(told(value) for _, value in (*row, *beside))


def told_by_name(row, beside):
    """The hash of what a row holds, each value with the name of its column, and nothing where it holds nothing; then the rest of it."""
    return told(hashed(named(row))) + named(beside)


def named(row):
    return "".join(f"{name}={told(plain(value))};" for name, value in row if value is not None)


def plain(value):
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"), ensure_ascii=False)


class Keys:
    """The keys that the product seals with, where they are given: to look into what is sealed."""

    def __init__(self, given):
        keys = [key.strip() for key in given.replace("\n", ",").split(",") if key.strip()]
        self.are_given = bool(keys)
        if keys:
            self.fernet = MultiFernet([Fernet(key) for key in keys])
            identity = base64.urlsafe_b64decode(keys[-1])
            self.hash_key = HKDF(SHA256(), 32, salt=None, info=b"atlas content hash").derive(identity)

    def keyed_hash(self, sealed):
        """The keyed hash of what is sealed; None for what no key opens."""
        try:
            plain = self.fernet.decrypt(bytes(sealed))
        except InvalidToken:
            return None
        return "hmac:" + hmac.new(self.hash_key, plain, hashlib.sha256).hexdigest()


class Now:
    """What the tables hold now, summed up as the certificates do, in one reading of each."""

    def __init__(self, connection, certificates, keys):
        self.connection, self.keys = connection, keys
        self.organizations = sorted({certificate.organization for certificate in certificates})
        self.ledger, self.sealed = defaultdict(Tree), defaultdict(Tree)
        self.outcomes, self.originals = defaultdict(Counter), defaultdict(list)
        self.secrets, self.values = defaultdict(Tree), defaultdict(Tree)
        self.unopened = Counter()
        self.enhanced, self.missing = {}, {}
        self.sign_offs = {}
        self.columns = {
            table: (columns, arrays or []) for table, columns, arrays in connection.execute(COLUMNS)
        }
        self.read_ledger()
        self.read_secrets()
        for organization, *words, voided_at, why in self.rows(SIGN_OFFS):
            signed = dict(zip(SIGNED, words, strict=True))
            self.sign_offs[signed["id"]] = (organization, signed, voided_at, why)
        for part in dict.fromkeys(part for item in certificates for part in item.enhanced):
            self.read_enhanced(*part)

    def rows(self, question, organizations=None):
        with self.connection.cursor(name="reading") as cursor:
            cursor.itersize = 5000
            yield from cursor.execute(question, {"organizations": organizations or self.organizations})

    def read_ledger(self):
        for organization, table, row_id, source, outcome, target, _, said, *original in self.rows(LEDGER):
            parts = (table, row_id, source or "", outcome, target or "", said)
            self.ledger[organization, table].add(row_id, "".join(f"{len(part)}:{part}" for part in parts))
            self.outcomes[organization, table][outcome] += 1
            for fault in self.faults_of_original(source, *original):
                self.originals[organization].append((table, row_id, fault))
            if original[-1] is not None:
                digest = hashlib.sha256(original[-1]).hexdigest()
                self.sealed[organization, table].add(row_id, "".join(map(told, (table, row_id, digest))))

    def faults_of_original(self, source, is_gone, is_moved, clear, kept, sealed):
        if is_gone:
            yield "its original is gone"
            return
        if is_moved:
            yield "its original stands under another organization"
        if sealed is None and clear is None:
            yield "its original is empty"
        elif sealed is None and clear != source:
            yield "its original was changed"
        elif kept != source:
            yield "the hash beside its original was changed"
        elif sealed is not None and self.keys.are_given:
            opened = self.keys.keyed_hash(sealed)
            if opened is None:
                yield "no key given opens its original"
            elif opened != source:
                yield "its sealed original was replaced"

    def read_secrets(self):
        for organization, secret_id, sealed in self.rows(SECRETS):
            digest = hashlib.sha256(sealed).hexdigest()
            self.secrets[organization].add(secret_id, "".join(map(told, ("secrets", secret_id, digest))))
            value = self.keys.keyed_hash(sealed) if self.keys.are_given else None
            if value is not None:
                self.values[organization].add(secret_id, "".join(map(told, ("secrets", secret_id, value))))
            elif self.keys.are_given:
                self.unopened[organization] += 1

    def read_enhanced(self, table, columns, beside, told_row):
        there, arrays = self.columns.get(table, ((), ()))
        part, every = (table, columns, beside, told_row), (*columns, *beside)
        trees = self.enhanced[part] = defaultdict(Tree)
        gone = [column for column in every if column not in there]
        if gone:
            self.missing[part] = f"atlas.{table} has no {', '.join(gone)} any more"
            return
        key, only = "source_id", "source_table IS NOT NULL AND source_table <> 'history'"
        if table == "archive":
            key, only = "row_id", "reason = 'QUEUE_ENTRY_ARCHIVED'"
        read = [
            sql.SQL("{}" if name in arrays else "{}::text").format(sql.Identifier(name)) for name in every
        ]
        question = sql.SQL(
            "SELECT organization_id::text, {}, {} FROM atlas.{} WHERE {} AND organization_id::text = ANY(%(organizations)s)"
        ).format(sql.Identifier(key), sql.SQL(", ").join(read), sql.Identifier(table), sql.SQL(only))
        for organization, row_id, *values in self.rows(question):
            row = list(zip(every, values, strict=True))
            said = told_row(row[: len(columns)], row[len(columns) :])
            trees[organization].add(row_id or "", told(table) + told(row_id or "") + said)

    def written_since(self, organization, table, wrong, runs):
        """Rows of these buckets that a run wrote which the certificate does not know."""
        rows = [row for row in self.rows(LEDGER, [organization]) if row[1] == table and row[6] not in runs]
        return sorted(row[2] for row in rows if bucket(row[2]) in wrong)

    def without_rows(self, organization, table, wrong):
        """Rows that the ledger says were written to this table, and of which nothing is left there."""
        question = sql.SQL(NOTHING_LEFT).format(
            sql.Identifier(table), sql.Identifier("row_id" if table == "archive" else "source_id")
        )
        found = self.connection.execute(question, {"organization": organization, "like": f'%"{table}"%'})
        return [name for name, row_id in found if bucket(row_id) in wrong]
