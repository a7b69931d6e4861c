"""`atlas rollout` as a person uses it: what stands, a halt, what is refused meanwhile, and going on."""

import json

import pytest

from atlas_workflows.cli.app import load_command
from atlas_workflows.errors import InputError, PhaseRefused

WHO = ("--by", "ana", "--reason", "the provider is down")


def rollout(*words: str) -> None:
    load_command("rollout").main(list(words), standalone_mode=False)


def test_a_rollout_is_shown_halted_and_let_go_on(atlas_dsn: str, capsys: pytest.CaptureFixture[str]) -> None:
    rollout("status", "--dsn", atlas_dsn)
    assert "p2_core: 0 %, 0 allowed, 0 denied" in capsys.readouterr().out
    rollout("halt", *WHO, "--dsn", atlas_dsn)
    capsys.readouterr()
    rollout("status", "--dsn", atlas_dsn, "--json")
    assert json.loads(capsys.readouterr().out)["halt"]["reason"] == "the provider is down"
    with pytest.raises(PhaseRefused, match="halted by ana"):
        rollout("ramp", "--percent", "10", *WHO, "--dsn", atlas_dsn)
    rollout("resume", *WHO, "--dsn", atlas_dsn)
    with pytest.raises(InputError, match=r"error_percent: .* less than or equal to 100"):
        rollout("ramp", "--error-percent", "101", *WHO, "--dsn", atlas_dsn)
    with pytest.raises(InputError, match=r"not_ready: .*'legacy_app' or 'atlas_legacy'"):
        rollout("ramp", "--not-ready", "nobody", *WHO, "--dsn", atlas_dsn)
    with pytest.raises(SystemExit) as ended:
        rollout("ramp", "--percent", "10", *WHO, "--dsn", atlas_dsn)
    assert ended.value.code == 0
    assert "10 %: 0 organizations, nobody new" in capsys.readouterr().out
    rollout("status", "--dsn", atlas_dsn)
    assert "p2_core: 10.00 %" in capsys.readouterr().out


def test_a_phase_that_cuts_nobody_over_has_no_rollout(atlas_dsn: str) -> None:
    for words in (("status",), ("halt", *WHO), ("ramp", *WHO), ("back", *WHO, "--execute")):
        with pytest.raises(InputError, match="p1_database cuts nobody over"):
            rollout(words[0], "p1", *words[1:], "--dsn", atlas_dsn)


def test_without_a_schema_it_says_what_comes_first(dsn: str) -> None:
    with pytest.raises(PhaseRefused, match="no schema atlas"):
        rollout("status", "--dsn", dsn)
