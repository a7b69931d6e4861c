"""What the demo shows of its webhook: what was sent, how it was answered, and what it started."""

from rich.console import Console
from rich.table import Table

from atlas_workflows.cli.demo_webhook import NAME, Rung
from atlas_workflows.cli.webhook_words import arrival_line


def show_rung(rung: Rung, console: Console) -> None:
    """The calls with their answers, what the endpoint noted, and the execution."""
    console.rule("A signed webhook")
    console.print(
        f"{rung.gym} has an endpoint {NAME!r}, and a workflow that it starts.", markup=False, highlight=False
    )
    table = Table(box=None, pad_edge=False)
    for heading in ("sent", "answered", "so"):
        table.add_column(heading)
    for call in rung.calls:
        table.add_row(call.what, str(call.status), call.said.replace("_", " "))
    console.print(table)
    for arrival in rung.arrivals:
        console.print(arrival_line(arrival), markup=False, highlight=False, soft_wrap=True)
    for execution in rung.executions:
        console.print(
            f"It started one execution, which is {execution.outcome}:", markup=False, highlight=False
        )
        command = f"./atlas execution show {execution.execution} --organization {execution.organization}"
        console.print(command, markup=False, highlight=False, soft_wrap=True)
    if rung.problem:
        console.print(rung.problem, markup=False, highlight=False)
    console.print(
        f"./atlas webhook deliveries {rung.endpoint} --organization {rung.organization}",
        highlight=False,
        soft_wrap=True,
    )
