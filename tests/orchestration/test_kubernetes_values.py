"""deploy/helm: values that Airflow and our settings can read, that agree with the other ways to run, and hold no secret.

Nothing is rendered, for there is no Helm here. Where the chart of Airflow lies unpacked, ATLAS_TEST_AIRFLOW_CHART names
its folder and the values are held against its schema, which CHECKED then says; else they may only use what was.
"""

import json
import os
import re
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import yaml
from airflow.configuration import conf
from airflow.dag_processing.bundles.manager import DagBundlesManager
from jsonschema import Draft7Validator

from atlas_workflows.orchestration.recurring_bundle import RecurringBundle
from atlas_workflows.settings import KNOWN, ROOT
from atlas_workflows.supervision.airflow_environment import BUNDLES

HELM = ROOT / "deploy" / "helm"
# Every key of values.yaml; held against values.schema.json of chart 1.22.0, which closes each object but the outermost.
CHECKED = {
    "airflowLocalSettings", "airflowVersion", "apiSecretKeySecretName", "apiServer.resources.requests.cpu",
    "apiServer.resources.requests.memory", "createUserJob.enabled", "dagProcessor.dagBundleConfigList",
    "dagProcessor.enabled", "dagProcessor.livenessProbe.command", "dagProcessor.logGroomerSidecar.enabled",
    "dagProcessor.resources.requests.cpu", "dagProcessor.resources.requests.memory", "data.metadataSecretName", "env",
    "executor", "fernetKeySecretName", "gid", "images.airflow.repository", "images.airflow.tag",
    "images.migrationsWaitTimeout", "jwtSecretName", "logs.persistence.enabled", "logs.persistence.existingClaim",
    "logs.persistence.subPath", "postgresql.enabled", "redis.enabled", "scheduler.livenessProbe.command",
    "scheduler.logGroomerSidecar.enabled", "scheduler.resources.requests.cpu", "scheduler.resources.requests.memory",
    "scheduler.startupProbe.command", "secret", "statsd.enabled", "triggerer.livenessProbe.command",
    "triggerer.logGroomerSidecar.enabled", "triggerer.persistence.enabled", "uid", "volumeMounts", "volumes",
    "workers.kubernetes.resources.requests.cpu", "workers.kubernetes.resources.requests.memory",
}  # fmt: skip


@pytest.fixture(scope="module")
def values() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((HELM / "values.yaml").read_text())
    return document


@pytest.fixture(scope="module")
def worker() -> dict[str, Any]:
    (document,) = yaml.safe_load_all((HELM / "atlas-worker.yaml").read_text())
    pod: dict[str, Any] = document["spec"]["template"]["spec"]
    return pod


def _leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for name, item in value.items():
            yield from _leaves(item, (*path, name))
    else:
        yield ".".join(path), value


def test_only_keys_that_were_held_against_the_schema(values: dict[str, Any]) -> None:
    assert {path for path, _ in _leaves(values) if not path.startswith("config.")} == CHECKED


def test_it_fits_the_schema_of_the_chart(values: dict[str, Any]) -> None:
    folder = os.environ.get("ATLAS_TEST_AIRFLOW_CHART")
    if folder is None:
        pytest.skip("no chart of Airflow here: unpack it and name its folder in ATLAS_TEST_AIRFLOW_CHART")
    schema = json.loads((Path(folder) / "values.schema.json").read_text())
    assert [error.message for error in Draft7Validator(schema).iter_errors(values)] == []
    assert set(values) <= set(schema["properties"])


def test_airflow_has_every_setting(values: dict[str, Any]) -> None:
    settings = dict(values["config"])
    executor = settings.pop("kubernetes_executor")  # of a provider that only that image has
    assert executor.keys() == {"delete_worker_pods", "delete_worker_pods_on_failure"}
    known = conf.configuration_description
    unknown = [
        (section, name)
        for section, names in settings.items()
        for name in names
        if name not in known[section]["options"]
    ]
    assert unknown == []


def test_the_bundles_are_those_of_the_local_stack(
    values: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As Airflow reads them: the chart makes this JSON of the list."""
    found = values["dagProcessor"]["dagBundleConfigList"]
    assert found == list(BUNDLES)
    monkeypatch.setenv("AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST", json.dumps(found))
    bundle = DagBundlesManager().get_bundle("atlas_recurring")
    assert isinstance(bundle, RecurringBundle)
    assert bundle.refresh_interval == 20


def test_what_dies_is_missed_as_soon_as_on_compose(values: dict[str, Any]) -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yaml").read_text())["x-airflow"]["environment"]
    seconds = values["config"]["scheduler"]["task_instance_heartbeat_timeout"]
    assert compose["AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT"] == str(seconds)


def test_image_versions_and_folders_are_there(values: dict[str, Any], worker: dict[str, Any]) -> None:
    assert values["airflowVersion"] == version("apache-airflow")
    image = values["images"]["airflow"]
    assert image["tag"] == version("atlas-workflows")
    assert worker["containers"][0]["image"] == f"{image['repository']}:{image['tag']}"
    core = values["config"]["core"]
    for folder in (core["dags_folder"], core["plugins_folder"]):
        assert (ROOT / folder.removeprefix("/opt/atlas/")).is_dir()
        assert f"COPY {Path(folder).name} ./{Path(folder).name}" in (ROOT / "Dockerfile").read_text()
    mounted = values["volumeMounts"][0]["mountPath"]
    assert {"name": "ATLAS_HOME", "value": mounted} in values["env"]
    assert core["simple_auth_manager_passwords_file"].startswith(f"{mounted}/")


def test_every_variable_is_known_and_every_secret_is_a_name(
    values: dict[str, Any], worker: dict[str, Any]
) -> None:
    variables = worker["containers"][0]["env"]
    names = {item["name"] for item in (*variables, *values["env"])} | {
        item["envName"] for item in values["secret"]
    }
    assert {name for name in names if name.startswith("ATLAS_")} <= set(KNOWN)
    ours = {(item["envName"], item["secretName"], item["secretKey"]) for item in values["secret"]}
    theirs = {
        (item["name"], secret["name"], secret["key"])
        for item in variables
        if (secret := item.get("valueFrom", {}).get("secretKeyRef")) and not secret.get("optional")
    }
    assert ours == theirs
    texts = [text for path in sorted(HELM.glob("*.yaml")) for text in re.findall(r"\S+", path.read_text())]
    assert [text for text in texts if "@" in text or re.fullmatch(r"[\w-]{40,}=?", text)] == []
