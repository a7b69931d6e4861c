"""Serves the files of phase reports: report.html, report.json, Data Docs, exported keys; nothing outside of them."""

from pathlib import Path
from uuid import UUID

from fastapi import APIRouter, HTTPException
from fastapi.responses import FileResponse

# What reports are made of; anything else under the folder (a backup put there, say) is not for browsers.
MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".json": "application/json",
    ".css": "text/css",
    ".js": "text/javascript",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".ico": "image/x-icon",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
    ".csv": "text/csv; charset=utf-8",
    ".parquet": "application/octet-stream",
}


def files_router(reports: Path) -> APIRouter:
    """Routes below /reports/{run}/."""
    router = APIRouter()

    @router.get("/reports/{run_id}/{path:path}")
    def report_file(run_id: UUID, path: str) -> FileResponse:
        found = file_within(reports / str(run_id), path)
        if found is None:
            raise HTTPException(404, "There is no such report file.")
        return FileResponse(found, media_type=MEDIA_TYPES[found.suffix.lower()])

    return router


def file_within(folder: Path, path: str) -> Path | None:
    """The file at `path` below `folder` (a folder stands for its index.html), or None.

    None also for what leads outside, through .. or a symbolic link, and for kinds of files that reports do not have.
    """
    if "\x00" in path:
        return None
    base = folder.resolve()
    wanted = (base / path).resolve()
    if wanted.is_dir():
        wanted = wanted / "index.html"
    if not wanted.is_relative_to(base) or not wanted.is_file():
        return None
    if not wanted.resolve().is_relative_to(base) or wanted.suffix.lower() not in MEDIA_TYPES:
        return None
    return wanted
