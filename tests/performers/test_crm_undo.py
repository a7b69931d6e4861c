"""What effects wrote to the CRM is taken back, except where somebody has changed it since."""

import pytest
from gym import Gym

from atlas_workflows.errors import InputError
from atlas_workflows.integrations.crm.undo import Undone, undo_write
from crm_world import ANA, COACH, ONE, TWO, hang_tag

pytestmark = pytest.mark.postgres


def undo(gym: Gym, key: str = "e/n", organization: str = ONE) -> Undone:
    return undo_write(gym.connection, organization, key, by="Ana", reason="wrong workflow")


@pytest.mark.parametrize("crm_template", ["l1", "l2", "l3"], indirect=True)
def test_every_kind_of_change_is_taken_back(gym: Gym) -> None:
    hang_tag(gym.connection, "lead_tags", "lead_id", ANA, "shop")
    before = gym.contact()
    links = gym.rows("SELECT * FROM lead_tags")
    gym.done("add_tags", {"tags": ["brand new"], "replace_existing": True}, key="e/1")
    gym.done("update_lead", {"fields": {"name": "Bea Stone", "email": "b@example.com"}}, key="e/2")
    gym.done("create_task", {"title": "Call", "assigned_to": COACH}, key="e/3")
    for key in ("e/3", "e/2", "e/1"):
        assert undo(gym, key).left == ()
    after = gym.contact()
    assert {name: value for name, value in after.items() if name != "updated_at"} == {
        name: value for name, value in before.items() if name != "updated_at"
    }
    assert gym.rows("SELECT * FROM lead_tags") == links
    assert gym.rows("SELECT 1 FROM tasks") == []
    assert gym.rows("SELECT count(*) FROM atlas.audit_log WHERE action = 'undo_crm_write'") == [(3,)]


def test_what_somebody_changed_since_stays_and_is_named(gym: Gym) -> None:
    gym.done("update_lead_score", {"value": 5})
    gym.connection.execute("UPDATE leads SET score = 70 WHERE id = %s", [ANA])
    assert undo(gym) == Undone(1, (f"leads (id {ANA}): score",))
    assert gym.one("SELECT score FROM leads WHERE id = %s", ANA) == (70,)
    assert gym.rows("SELECT 1 FROM lead_score_history") == []


def test_there_is_nothing_to_take_back_twice_or_for_others(gym: Gym) -> None:
    gym.done("update_lead_status", {"status": "lost"})
    for key, organization in (("e/n", TWO), ("e/other", ONE)):
        with pytest.raises(InputError, match="no write to the CRM"):
            undo(gym, key, organization)
    undo(gym)
    with pytest.raises(InputError, match="no write to the CRM"):
        undo(gym)
    gym.done("update_lead_status", {"status": "lost"})
    assert gym.contact()["status"] == "new", "the same key is the same action, taken back or not"


def test_a_row_that_is_there_again_is_left_and_named(gym: Gym) -> None:
    gym.connection.execute("CREATE UNIQUE INDEX ON lead_tags (lead_id, tag_id)")
    hang_tag(gym.connection, "lead_tags", "lead_id", ANA, "shop")
    gym.done("remove_tags", {"tags": ["shop"]})
    hang_tag(gym.connection, "lead_tags", "lead_id", ANA, "shop")
    undone = undo(gym)
    assert undone.taken_back == 0
    assert len(undone.left) == 1
    assert undone.left[0].startswith("lead_tags (")
    assert gym.one("SELECT count(*) FROM lead_tags") == (1,)
