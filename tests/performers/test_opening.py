"""Secrets that a step refers to are opened for the call alone, and for the organization they belong to."""

from uuid import uuid4

import pytest
from cryptography.fernet import Fernet
from gym import Gym
from web_sink import Web

from atlas_workflows.secrets.sealing import Sealer
from crm_world import ONE, TWO

pytestmark = pytest.mark.postgres
KEY = Fernet.generate_key().decode()


def test_a_secret_goes_out_in_clear_and_signs(gym: Gym, web: Web) -> None:
    gym.set_up(ATLAS_EGRESS_ALLOW="127.0.0.0/8", ATLAS_SECRET_KEYS=KEY)
    reference, sealer = str(uuid4()), Sealer((KEY,))
    gym.connection.execute(
        "INSERT INTO atlas.secrets (id, organization_id, sealed, key_id) VALUES (%s, %s, %s, %s)",
        [reference, ONE, sealer.seal("s3cret"), sealer.key_id],
    )
    secret = {"$secret": reference}
    gym.done("http_request", {"url": web.url, "headers": {"X-Token": secret}, "body": [{"deep": secret}]})
    gym.done("send_webhook", {"url": web.url, "secret": secret, "payload": {}})
    (_, _, headers, body), (_, _, signed, _) = web.seen
    assert (headers["x-token"], body) == ("s3cret", b'[{"deep":"s3cret"}]')
    assert signed["x-atlas-signature"].startswith("sha256=")
    for wrong, organization in ((reference, TWO), (str(uuid4()), ONE), ("nonsense", ONE)):
        answer = gym.refused(
            "http_request", {"url": web.url, "body": {"$secret": wrong}}, organization=organization
        )
        assert (answer.cause, answer.may_retry) == ("configuration", False)
    assert len(web.seen) == 2
