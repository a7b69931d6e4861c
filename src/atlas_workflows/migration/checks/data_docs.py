"""The front page of a run's Data Docs: each suite builds a site of its own below it."""

import html
from pathlib import Path

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Data Docs</title>
<style>body{{font:16px/1.5 system-ui;margin:3rem auto;max-width:42rem;padding:0 1rem}}li{{margin:.5rem 0}}</style></head>
<body><h1>Data Docs</h1><p>What the validation suites of this phase run looked at, and what they found.</p>
<ul>{items}</ul></body></html>
"""


def write_index(folder: Path) -> None:
    """Write index.html with a link to every suite's site."""
    folder.mkdir(parents=True, exist_ok=True)
    sites = sorted(path.parent.name for path in folder.glob("*/index.html"))
    items = "".join(
        f'<li><a href="{html.escape(name)}/index.html">{html.escape(name)}</a></li>' for name in sites
    )
    (folder / "index.html").write_text(PAGE.format(items=items), encoding="utf-8")
