"""`atlas secrets set` and `forget`: a credential is sealed for its organization, checked before, and never printed."""

import json

import psycopg
import pytest
from cryptography.fernet import Fernet
from typer.testing import CliRunner, Result

from atlas_workflows.cli.secrets import app
from atlas_workflows.errors import InputError, InvalidJson
from atlas_workflows.secrets.sealing import Sealer

pytestmark = pytest.mark.postgres
ONE = "11111111-1111-4111-8111-111111111111"
GIVEN = {"account_sid": "AC" + "0" * 32, "auth_token": "t0ken-of-ours", "sms_from": "+447700900100"}
KEY = Fernet.generate_key().decode()


def run(dsn: str, *words: str, given: object = None) -> Result:
    text = given if isinstance(given, str) else json.dumps(given)
    environ = {"ATLAS_SECRET_KEYS": KEY}
    found = CliRunner().invoke(app, [*words, "--dsn", dsn, "--by", "Ana"], input=text, env=environ)
    if found.exception is not None and not isinstance(found.exception, SystemExit):
        raise found.exception
    return found


def test_a_credential_is_sealed_replaced_and_removed(atlas_dsn: str) -> None:
    for token in ("the first", GIVEN["auth_token"]):
        said = run(
            atlas_dsn, "set", "twilio", "--organization", ONE.upper(), given=GIVEN | {"auth_token": token}
        ).output
        assert said == "Sealed the credential for twilio: account_sid, auth_token, sms_from.\n"
    with psycopg.connect(atlas_dsn) as connection:
        ((key, sealed, hint, connector),) = connection.execute(
            "SELECT id, sealed, hint, connector FROM atlas.secrets"
        ).fetchall()
        assert (key.version, connector) == (4, "twilio")  # random: nobody computes it
        assert json.loads(Sealer((KEY,)).unseal(sealed)) == GIVEN
        assert hint == "twilio •••"
        run(atlas_dsn, "forget", "twilio", "--organization", ONE)
        assert connection.execute("SELECT count(*) FROM atlas.secrets").fetchone() == (0,)
        noted = connection.execute("SELECT actor, action, reason FROM atlas.audit_log ORDER BY id").fetchall()
    assert noted == [("Ana", f"{verb}_credential", "twilio") for verb in ("set", "set", "forget")]
    with pytest.raises(InputError, match="no credential for twilio"):
        run(atlas_dsn, "forget", "twilio", "--organization", ONE)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"account_sid": "AC1"}, "needs account_sid, and auth_token"),
        (GIVEN | {"sms_form": "+1"}, "holds sms_form"),
        (GIVEN | {"sms_from": 5}, "no JSON object of texts"),
        (["t0ken-of-ours"], "no JSON object of texts"),
        ("t0ken-of-ours", "JSON"),
    ],
)
def test_what_is_no_credential_is_refused_before_it_is_kept(atlas_dsn: str, given: object, said: str) -> None:
    with pytest.raises((InputError, InvalidJson), match=said) as refused:
        run(atlas_dsn, "set", "twilio", "--organization", ONE, given=given)
    assert "t0ken" not in str(refused.value)


@pytest.mark.parametrize(("connector", "organization"), [("fax", ONE), ("twilio", "the gym")])
def test_who_it_is_for_must_be_known(atlas_dsn: str, connector: str, organization: str) -> None:
    with pytest.raises(InputError):
        run(atlas_dsn, "set", connector, "--organization", organization, given=GIVEN)
