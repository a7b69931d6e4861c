"""Samples of the legacy CRM as template databases: made once per test process, cloned in a blink."""

from dataclasses import replace
from uuid import uuid4

from atlas_workflows.db.schema import upgrade
from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.sample.create import create_sample
from atlas_workflows.sample.spec import make_spec

_TEMPLATES: dict[tuple[int, str, int, int, bool], str] = {}


def clone_sample(
    server: EmbeddedServer, shape: str, *, workflows: int = 120, executions: int = 600, messy: bool = True
) -> str:
    """A fresh database with the sample (and schema atlas at its newest revision); returns its dsn."""
    key = (id(server), shape, workflows, executions, messy)
    if key not in _TEMPLATES:
        name = f"sample_{shape.lower()}_{uuid4().hex[:8]}"
        dsn = server.create_database(name)
        spec = make_spec(shape, "S", messy=messy, seed=1)
        size = replace(spec.size, workflows=workflows, executions=executions)
        create_sample(dsn, replace(spec, size=size))
        upgrade(dsn)
        _TEMPLATES[key] = name
    return server.create_database(f"t_{uuid4().hex[:12]}", template=_TEMPLATES[key])
