"""A Python client, by openapi-python-client: functions with types over httpx, models as attrs classes."""

import contextlib
import io
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from atlas_workflows.errors import ConfigurationError, StackError

PACKAGE = "atlas_workflows_client"
NOT_INSTALLED = "Install it: pip install 'atlas-workflows[clients]'. A checkout has it: ./atlas api client."


def make_python(document: Mapping[str, Any], target: Path) -> None:
    """A project in `target` (which is not there yet) with the package atlas_workflows_client, to be installed by pip or uv.

    Raises ConfigurationError where the generator is not installed, StackError where it fails.
    """
    try:
        from openapi_python_client import Project
        from openapi_python_client.config import Config, ConfigFile, MetaType
        from openapi_python_client.parser import GeneratorData
    except ImportError as cause:
        raise ConfigurationError(
            "The generator of Python clients is not installed.", remedy=NOT_INSTALLED
        ) from cause
    wanted = ConfigFile(
        project_name_override=PACKAGE.replace("_", "-"), package_name_override=PACKAGE, post_hooks=[], literal_enums=True
    )  # fmt: skip
    config = Config.from_sources(
        wanted, MetaType.UV, document_source=target, file_encoding="utf-8", overwrite=False, output_path=target
    )  # fmt: skip
    read = GeneratorData.from_dict(dict(document), config=config)
    with contextlib.redirect_stdout(io.StringIO()):  # it says where; so do we
        troubles = (
            [read] if not isinstance(read, GeneratorData) else Project(openapi=read, config=config).build()
        )
    if troubles:
        said = "; ".join(f"{each.header}: {each.detail}" for each in troubles)
        raise StackError(
            f"The client could not be generated: {said}.", remedy="Report it: the document is to blame."
        )
    _tidy(target)


def _tidy(target: Path) -> None:
    """Formatted, and without imports that nothing needs."""
    from ruff.__main__ import find_ruff_bin  # comes with the generator

    program = find_ruff_bin()
    for words in (["check", "--fix-only", "--select=I,F401"], ["format"]):
        subprocess.run(
            [program, *words, "--quiet", "--isolated", str(target)], check=True, capture_output=True
        )
