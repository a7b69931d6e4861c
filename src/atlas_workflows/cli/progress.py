"""Shows the progress of a phase on stderr: a bar with counts and time left, or nothing for programs."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from atlas_workflows.site import Progress, ProgressSink, silent


@contextmanager
def progress_display(*, quiet: bool) -> Iterator[ProgressSink]:
    """A sink that draws one bar per step; silent where only JSON is wanted."""
    if quiet:
        yield silent
        return
    bars = Bars(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[note]}"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    tasks: dict[str, TaskID] = {}
    with bars:
        yield lambda progress: update(bars, tasks, progress)


def update(bars: Bars, tasks: dict[str, TaskID], progress: Progress) -> None:
    """One bar per step; of a step that goes through several things each has a total of its own, or none."""
    if progress.step not in tasks:
        tasks[progress.step] = bars.add_task(progress.step, total=progress.total, note="")
    task = tasks[progress.step]
    bars.update(task, completed=progress.done, note=note_of(progress))
    # To `update` None is no change, and the total of the thing before would stay.
    next(item for item in bars.tasks if item.id == task).total = progress.total


def note_of(progress: Progress) -> str:
    """What stands beside the bar: the subject, the rate, the time left."""
    parts = [part for part in (progress.subject, progress.message) if part]
    if progress.rows_per_second:
        parts.append(f"{progress.rows_per_second:,.0f} rows/s")
    if progress.eta_seconds is not None:
        minutes, seconds = divmod(round(progress.eta_seconds), 60)
        parts.append(f"{minutes}:{seconds:02d} left")
    return " · ".join(parts)
