"""Traces: one per execution, whichever process made which span; nothing of OpenTelemetry is loaded while they are off."""

import subprocess
import sys
from types import SimpleNamespace
from uuid import UUID

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode
from workflows import line, node, setting
from world import ONE, MemoryWorld, wish, work

from atlas_workflows.monitoring.monitor import Monitor
from atlas_workflows.monitoring.tracing import Tracing
from atlas_workflows.worker.model import Answer, Dispatch, Finished, Performed, Refused


class Notes:
    kind = "add_note"
    concurrency = 1

    def may_repeat(self, effect: Dispatch) -> bool:
        return True

    def perform(self, effect: Dispatch) -> Answer:
        return Refused("provider", "no", may_retry=False) if effect.content["text"] == "bad" else Performed()


def traced(text: str) -> tuple[str, list[ReadableSpan]]:
    """The spans of an execution that two processes worked on."""
    world, exporter = MemoryWorld(), InMemorySpanExporter()
    workflow = world.publish(line("w", setting("a"), node("n", text=text), setting("b")))
    (begun,) = world.start(wish(workflow))
    for _ in range(2):
        monitor = Monitor(tracing=Tracing(SimpleSpanProcessor(exporter)))
        watched = SimpleNamespace(executions=monitor.executions(world.store), definitions=world)
        work(watched)  # type: ignore[arg-type]
        performer = monitor.performers({"add_note": Notes()})["add_note"]
        taken = world.store.exchange((), {"add_note": 1})
        world.store.exchange([Finished(each, performer.perform(each)) for each in taken], {})
    return begun.execution, list(exporter.get_finished_spans())


def test_an_execution_is_one_trace_with_its_steps_and_calls() -> None:
    execution, spans = traced("good")
    assert [span.name for span in spans] == [
        "step set_variable", "effect add_note", "step add_note", "step set_variable", "execution",
    ]  # fmt: skip
    assert {span.context.trace_id for span in spans if span.context} == {UUID(execution).int}
    root = spans[-1]
    assert root.context
    assert root.parent is None
    assert {span.parent.span_id for span in spans[:-1] if span.parent} == {root.context.span_id}
    assert len({span.context.span_id for span in spans if span.context}) == len(spans)
    assert {(span.attributes or {})["atlas.organization"] for span in spans} == {ONE}
    assert {span.status.status_code for span in spans} == {StatusCode.OK}
    assert all((span.end_time or 0) >= (span.start_time or 0) > 0 for span in spans)


def test_what_failed_is_marked_and_says_nothing_of_contents() -> None:
    _, spans = traced("bad")
    bad = {span.name for span in spans if span.status.status_code is StatusCode.ERROR}
    assert bad == {"effect add_note", "step add_note", "execution"}
    said = [
        value for span in spans for name, value in (span.attributes or {}).items() if name != "atlas.workflow"
    ]
    assert not [value for value in said if "bad" in str(value)]


def test_nothing_is_loaded_while_they_are_off() -> None:
    code = (
        "import sys; import atlas_workflows.wiring, atlas_workflows.monitoring.monitor as m; m.Monitor(); "
        "print([name for name in sys.modules if name.startswith('opentelemetry')])"
    )
    done = subprocess.run([sys.executable, "-c", code], text=True, capture_output=True, check=True)
    assert done.stdout == "[]\n"
