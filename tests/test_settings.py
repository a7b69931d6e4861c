"""Settings that are misspelt are refused by name; variables of others are left alone."""

import re
from pathlib import Path

import pytest

from atlas_workflows.errors import ConfigurationError
from atlas_workflows.settings import KNOWN, ROOT, load_settings


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("ATLAS_SMTP_URI", "ATLAS_SMTP_URL"), ("ATLAS_WORKER", "ATLAS_WORKERS"), ("atlas_workers", "ATLAS_WORKERS"),
        ("ATLAS_EGRESS_ALLOWED", "ATLAS_EGRESS_ALLOW"), ("ATLAS_TWILO_URL", "ATLAS_TWILIO_URL"),
    ],
)  # fmt: skip
def test_a_misspelt_name_is_refused_with_the_right_one(given: str, meant: str) -> None:
    with pytest.raises(ConfigurationError, match=f"{given}, which is no setting") as refused:
        load_settings({given: "1"})
    assert meant in (refused.value.remedy or "")


def test_variables_of_others_are_left_alone(tmp_path: Path) -> None:
    given = {
        "ATLAS_HOME": str(tmp_path),
        "ATLAS_SERVICE_HOST": "10.0.0.1",
        "ATLAS_TEST_PG": "1",
        "PATH": "/bin",
    }
    assert load_settings(given).home == tmp_path


def test_every_setting_that_is_read_is_known() -> None:
    places = [
        ROOT / "atlas",
        ROOT / "docker-compose.yaml",
        *(ROOT / "src").rglob("*.py"),
        *(ROOT / "dags").rglob("*.py"),
    ]
    named = {name for place in places for name in re.findall(r"\bATLAS_[A-Z_]+\b", place.read_text())}
    assert named - set(KNOWN) <= {"ATLAS_LEGACY", "ATLAS_ENHANCED", "ATLAS_SOAK", "ATLAS_WORDS"}, (
        "owners, the mark of `./atlas soak`, and where `./atlas` leaves its words for itself"
    )
