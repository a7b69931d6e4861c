"""Alert rules, dashboard and example configuration: every query names what is exported, and all that is exported is used."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from atlas_workflows.monitoring.metrics import METRICS, Metric, sample_names
from atlas_workflows.monitoring.reference import metrics_page
from atlas_workflows.settings import ROOT

FOLDER = ROOT / "monitoring"
NAME = re.compile(r"(?<![\w.])(?:atlas|process)_[a-z_]+(?![\w(])|\bup\b")
SELECTION = re.compile(r"(\w+)\{([^}]*)\}")
LABEL = re.compile(r"(\w+)\s*(?:=~|!~|!=|=)")
GROUPED = re.compile(r"by \(([^)]*)\)\s*\((?:[a-z_]+\()*((?:atlas|process)_\w+)")
# What Prometheus and its client say by themselves.
OTHERS = {"up", "process_resident_memory_bytes", "process_cpu_seconds_total"}
OF_SCRAPING = {"job", "instance", "le"}


def rules() -> list[dict[str, Any]]:
    document = yaml.safe_load((FOLDER / "alerts.yaml").read_text())
    return [rule for group in document["groups"] for rule in group["rules"]]


def panels() -> list[dict[str, Any]]:
    document = json.loads((FOLDER / "dashboard.json").read_text())
    return [panel for panel in document["panels"] if panel["type"] != "row"]


def queries() -> Iterator[str]:
    yield from (rule["expr"] for rule in rules())
    yield from (target["expr"] for panel in panels() for target in panel["targets"])


def by_sample() -> dict[str, Metric]:
    return {name: metric for metric in METRICS for name in sample_names(metric)}


def test_every_query_names_what_is_exported() -> None:
    for query in queries():
        names = set(NAME.findall(query))
        assert names, query
        assert names <= set(by_sample()) | OTHERS, query


def test_everything_exported_is_looked_at() -> None:
    named = {name for query in queries() for name in NAME.findall(query)}
    unused = [metric.name for metric in METRICS if not named & set(sample_names(metric))]
    assert unused == []


def test_every_label_asked_for_is_one_of_the_metric() -> None:
    asked = [pair for query in queries() for pair in SELECTION.findall(query)]
    grouped = [(name, labels) for query in queries() for labels, name in GROUPED.findall(query)]
    assert len(asked) > 10
    assert len(grouped) > 10
    for name, text in asked:
        check_labels(name, set(LABEL.findall(text)))
    for name, text in grouped:
        check_labels(name, {label.strip() for label in text.split(",")})


def check_labels(name: str, labels: set[str]) -> None:
    known = set(by_sample()[name].labels) if name in by_sample() else set()
    assert labels <= known | OF_SCRAPING, name


def test_names_are_as_prometheus_wants_them() -> None:
    assert len({metric.name for metric in METRICS}) == len(METRICS)
    for metric in METRICS:
        assert re.fullmatch(r"atlas_[a-z_]+", metric.name)
        assert metric.name.endswith("_total") == (metric.kind == "counter")
        assert bool(metric.bounds) == (metric.kind == "histogram")
        assert list(metric.bounds) == sorted(metric.bounds)


def test_every_alert_says_how_bad_what_it_is_and_what_to_do() -> None:
    page = (ROOT / "docs" / "how-to" / "watch-the-engine.md").read_text()
    for rule in rules():
        assert rule["labels"]["severity"] in ("critical", "warning")
        assert rule["annotations"]["summary"].endswith(".")
        assert f"`{rule['alert']}`" in page


def test_every_alert_is_tried_by_promtools_tests() -> None:
    document = yaml.safe_load((FOLDER / "alerts_test.yaml").read_text())
    (firing,) = document["tests"][1]["promql_expr_test"]
    assert firing["exp_samples"][0]["value"] == len(rules())


def test_the_page_names_every_metric() -> None:
    assert all(f"`{metric.name}`" in metrics_page() for metric in METRICS)


def test_panels_have_their_own_places() -> None:
    found = panels()
    assert len({panel["id"] for panel in found}) == len(found)
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in found]
    assert len(set(places)) == len(places)


def test_promtool_agrees() -> None:
    tool = shutil.which("promtool")
    if tool is None:
        pytest.skip(
            "no promtool on this machine (it comes with Prometheus): the alert rules are not executed"
        )
    for words in (["check", "rules", "alerts.yaml"], ["test", "rules", "alerts_test.yaml"]):
        done = subprocess.run([tool, *words], cwd=FOLDER, text=True, capture_output=True)
        assert done.returncode == 0, done.stdout + done.stderr
