"""Data Docs of a phase run: one site for all its suites, whole without a network, and a front page with what failed.

The library's own site loads its scripts, styles and picture from other hosts, shows no rows on its index without them, and
copies four megabytes beside every suite. So its renderers make the contents, and the frame around them is ours.
"""

import json
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from atlas_workflows.settings import load_settings
from atlas_workflows.validation.results import ExpectationResult, Status
from atlas_workflows.validation.suites import Suite

# How deep the library believes its pages of results and of rules to lie; in ours both lie two folders deep.
THEIR_WAY_UP, OUR_WAY_UP = "../" * 5, "../" * 2
FOUND = "results"


def page_view() -> Any:
    """The library's view of a page, with our templates before its own."""
    from great_expectations.render.view import DefaultJinjaPageView
    from jinja2 import ChoiceLoader, FileSystemLoader

    view = DefaultJinjaPageView()
    view.env.loader = ChoiceLoader([FileSystemLoader(_templates()), view.env.loader])
    return view


def write_pages(docs: Path, suite: str, batch: str, rules: Any, found: Sequence[Any]) -> None:
    """The pages of a batch: its rules (a suite of the library), and what the library found."""
    from great_expectations.render.renderer import ExpectationSuitePageRenderer, ValidationResultsPageRenderer

    view, title = page_view(), f"{suite}: {batch}"
    pages = [(_rules_page(suite, batch), ExpectationSuitePageRenderer().render(rules))]
    pages += [(_page(suite, batch), ValidationResultsPageRenderer().render(item)) for item in found]
    for name, content in pages:
        text = view.render(content, title=title, up=OUR_WAY_UP).replace(THEIR_WAY_UP, OUR_WAY_UP)
        (docs / name).parent.mkdir(parents=True, exist_ok=True)
        (docs / name).write_text(text, encoding="utf-8")


def write_landing(docs: Path, suite: Suite, results: Sequence[ExpectationResult]) -> None:
    """Note what the suite found, and make the front page anew over all suites of this site."""
    noted = docs / FOUND / f"{suite.name}.json"
    noted.parent.mkdir(parents=True, exist_ok=True)
    noted.write_text(json.dumps(_noted(suite, results), indent=1), encoding="utf-8")
    # Contents alone: who may read them is decided where the report is written.
    shutil.copytree(
        _templates() / "static", docs / "static", dirs_exist_ok=True, copy_function=shutil.copyfile
    )
    suites = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(noted.parent.glob("*.json"))]
    text = page_view().env.get_template("landing.j2").render(
        suites=suites, totals=_totals(suites), has_report=docs.parent.name != "rehearsal"
    )  # fmt: skip
    (docs / "index.html").write_text(text, encoding="utf-8")


def _noted(suite: Suite, results: Sequence[ExpectationResult]) -> Mapping[str, Any]:
    batches = dict.fromkeys(result.batch for result in results)
    return {
        "suite": suite.name,
        "about": suite.about,
        "batches": [_counted(suite.name, name, results) for name in batches],
        "broken": [_broken(result) for result in results if result.status is not Status.PASSED],
    }


def _counted(suite: str, batch: str, results: Sequence[ExpectationResult]) -> Mapping[str, Any]:
    counts = Counter(str(result.status) for result in results if result.batch == batch)
    links = {"page": _page(suite, batch), "rules": _rules_page(suite, batch)}
    return {"batch": batch, **links, **{str(status): counts[str(status)] for status in Status}}


def _broken(result: ExpectationResult) -> Mapping[str, Any]:
    return {
        "batch": result.batch, "column": result.column, "why": result.why, "severity": result.severity,
        "status": str(result.status), "rows": result.unexpected_count, "error": result.error,
        "page": _page(result.suite, result.batch),
    }  # fmt: skip


def _totals(suites: Sequence[Mapping[str, Any]]) -> Mapping[str, int]:
    return {
        str(status): sum(batch[str(status)] for suite in suites for batch in suite["batches"])
        for status in Status
    }


def _page(suite: str, batch: str) -> str:
    return f"validations/{suite}/{batch}.html"


def _rules_page(suite: str, batch: str) -> str:
    return f"expectations/{suite}/{batch}.html"


def _templates() -> Path:
    return load_settings().root / "include" / "data_docs"
