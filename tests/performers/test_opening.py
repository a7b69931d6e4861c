"""Secrets that a step refers to are opened for the call alone, and for the organization they belong to."""

from dataclasses import dataclass, replace
from uuid import uuid4

import pytest
from cryptography.fernet import Fernet
from gym import Gym
from web_sink import Web

from atlas_workflows.performers.opening import opening
from atlas_workflows.secrets.sealing import Sealer
from atlas_workflows.worker.model import Answer, Dispatch, Performed
from atlas_workflows.worker.ports import Traceable
from crm_world import ONE, TWO

KEY = Fernet.generate_key().decode()


@dataclass(frozen=True, slots=True)
class Asked:
    """A performer; `Looking` is one that can be asked afterwards."""

    kind: str = "http_request"
    concurrency: int = 1

    def may_repeat(self, effect: Dispatch) -> bool:
        return False

    def perform(self, effect: Dispatch) -> Answer:
        return Performed(effect.content)


class Looking(Asked):
    def look_up(self, effect: Dispatch) -> Answer | None:
        return Performed(effect.content)


def test_only_what_can_be_asked_afterwards_can_be_so_behind_its_secrets() -> None:
    plain, traced = opening(Asked(), None), opening(Looking(), None)
    assert not isinstance(plain, Traceable)
    assert isinstance(traced, Traceable)
    effect = Dispatch(ONE, "e", "k", "http_request", 1, {"url": "x"})
    assert traced.look_up(effect) == Performed({"url": "x"})
    assert traced.look_up(replace(effect, content={"a": {"$secret": "s"}})) is None


@pytest.mark.postgres
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
