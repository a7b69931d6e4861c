"""What the bars of a running phase say."""

from rich.progress import MofNCompleteColumn, TaskID
from rich.progress import Progress as Bars

from atlas_workflows.cli.progress import update
from atlas_workflows.site import Progress


def test_a_total_is_that_of_the_thing_at_hand() -> None:
    """A rehearsal goes through the steps of its phase: workflows of an unknown number after two tables said 3000/2."""
    bars, column = Bars(), MofNCompleteColumn()
    tasks: dict[str, TaskID] = {}
    said = []
    for done, total in ((2, 2), (3000, None), (40, 100)):
        update(bars, tasks, Progress("rehearse", "a table", done, total))
        said.append(column.render(bars.tasks[0]).plain.replace(" ", ""))
    assert said == ["2/2", "3000/?", "40/100"]
    assert len(bars.tasks) == 1
