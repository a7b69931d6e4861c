"""Conditions, templates, schedules and the interpreter, beside json-logic, Jinja2's sandbox and croniter."""

import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from atlas_workflows.expressions.condition import parse_condition
from atlas_workflows.expressions.evaluate import evaluate
from atlas_workflows.expressions.templates import render
from contest import Contest, measure

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SCOPE: dict[str, Any] = {
    "contact": {
        "first_name": "Zoë",
        "status": "new",
        "score": 42,
        "email": "zoe@example.com",
        "tags": ["trial", "vip", "yoga"],
        "custom_fields": {"goals": [{"name": "run 10 km"}]},
    },
    "organization": {"name": "Harbour Gym"},
    "variables": {"limit": 40},
}

STATUS = {"field": "contact.status", "operator": "equals", "value": "new", "case_sensitive": True}
SCORE = {"field": "contact.score", "operator": "greater_than", "value": 10}
TAGS = {"field": "contact.tags", "operator": "contains", "value": "vip", "case_sensitive": True}
EMAIL = {"field": "contact.email", "operator": "exists"}
WITHIN = {
    "field": "contact.status",
    "operator": "in",
    "value": ["new", "contacted", "qualified"],
    "case_sensitive": True,
}
VAR_STATUS, VAR_SCORE, VAR_TAGS, VAR_EMAIL = (
    {"var": f"contact.{name}"} for name in ("status", "score", "tags", "email")
)
J_STATUS, J_SCORE, J_TAGS = {"===": [VAR_STATUS, "new"]}, {">": [VAR_SCORE, 10]}, {"in": ["vip", VAR_TAGS]}
J_EMAIL, J_WITHIN = {"!=": [VAR_EMAIL, None]}, {"in": [VAR_STATUS, ["new", "contacted", "qualified"]]}

# name -> (ours, json-logic, Jinja2 expression)
CONDITIONS: dict[str, tuple[Any, Any, str]] = {
    "one comparison": (STATUS, J_STATUS, "contact.status == 'new'"),
    "one of a list": (WITHIN, J_WITHIN, "contact.status in ['new', 'contacted', 'qualified']"),
    "four comparisons in two groups": (
        {"operator": "and", "conditions": [STATUS, SCORE, {"operator": "or", "conditions": [{"operator": "not", "conditions": [EMAIL]}, TAGS]}]},
        {"and": [J_STATUS, J_SCORE, {"or": [{"!": [J_EMAIL]}, J_TAGS]}]},
        "contact.status == 'new' and contact.score > 10 and (not contact.email or 'vip' in contact.tags)",
    ),
    "forty comparisons": (
        {"operator": "and", "conditions": [STATUS, SCORE, EMAIL, TAGS] * 10},
        {"and": [J_STATUS, J_SCORE, J_EMAIL, J_TAGS] * 10},
        " and ".join(["contact.status == 'new' and contact.score > 10 and contact.email and 'vip' in contact.tags"] * 10),
    ),
}  # fmt: skip
TEMPLATES = {
    "a short text": "Hi {{ contact.first_name }}, see you at {{ organization.name }}!",
    "defaults and filters": (
        'Hi {{ contact.nickname | default("there") | upper }}, {{ contact.first_name | lower }} of '
        "{{ organization.name | truncate(40) }}: {{ contact.custom_fields.goals[0].name }}, {{ contact.score }} points."
    ),
    "an e-mail of 20 kB": ("<p>" + "Lorem ipsum dolor sit amet. " * 35 + "{{ contact.first_name }}</p>\n")
    * 20,
}
CRONS = ("0 9 * * 1-5", "*/15 * * * *", "30 7 1 * *")
FIRES = (1, 100)  # how many are asked for at once


def run() -> list[dict[str, Any]]:
    """One row per measure and peer; every contest first checks that all contestants give the same answer."""
    rows: list[dict[str, Any]] = []
    for contest in contests():
        print(contest.name, file=sys.stderr)
        rows += measure(contest)
    return rows


def contests() -> Iterator[Contest]:
    """All contests, made when asked for."""
    yield from map(_condition_contest, CONDITIONS)
    yield from map(_template_contest, TEMPLATES)
    yield from (schedule_contest(expression, count) for expression in CRONS for count in FIRES)
    yield from _interpreter_contests()


def _condition_contest(name: str) -> Contest:
    from jinja2.sandbox import SandboxedEnvironment
    from json_logic import jsonLogic

    ours, logic, expression = CONDITIONS[name]
    condition = parse_condition(ours)
    compiled = SandboxedEnvironment().compile_expression(expression)
    works: list[Callable[[], Any]] = [
        lambda: evaluate(condition, SCOPE, now=NOW),
        lambda: jsonLogic(logic, SCOPE),
        lambda: compiled(SCOPE),
    ]
    _agree(name, [bool(work()) for work in works])
    return Contest(
        f"condition: {name}", "conditions", works[0], {"json-logic": works[1], "jinja2 sandbox": works[2]}
    )


def _template_contest(name: str) -> Contest:
    from jinja2.sandbox import SandboxedEnvironment

    text = TEMPLATES[name]
    compiled = SandboxedEnvironment(keep_trailing_newline=True).from_string(text)

    def ours() -> str:
        return render(text, SCOPE, now=NOW).text

    def theirs() -> str:
        return compiled.render(SCOPE)

    _agree(name, [ours(), theirs()])
    return Contest(f"template: {name}", "texts", ours, {"jinja2 sandbox": theirs})


def schedule_contest(expression: str, count: int) -> Contest:
    from croniter import croniter

    from atlas_workflows.schedule.occurrences import Schedule
    from atlas_workflows.schedule.spec import ScheduleSpec

    schedule = Schedule(ScheduleSpec(cron=expression, timezone="Europe/London"))
    zone = schedule.zone
    start = NOW.astimezone(zone)

    def ours() -> list[datetime]:
        return [occurrence.at for occurrence in schedule.next(NOW + timedelta(microseconds=1), count)]

    def theirs() -> list[datetime]:
        fires = croniter(expression, start)
        return [fires.get_next(datetime) for _ in range(count)]

    before_the_clocks_change = datetime(2026, 3, 28, tzinfo=UTC)
    _agree(expression, [[at for at in work() if at < before_the_clocks_change] for work in (ours, theirs)])
    return Contest(f"schedule: next {count} of {expression!r}", "fires", ours, {"croniter": theirs}, count)


def _interpreter_contests() -> Iterator[Contest]:
    from atlas_workflows.engine.program import Program
    from atlas_workflows.engine.simulation import simulate
    from atlas_workflows.graph.parse import parse
    from atlas_workflows.nodes.catalogue import load_catalogue

    for name, document in {"a chain with a condition": _chain(), "a loop over 100 items": _loop()}.items():
        workflow, problems = parse(document)
        if workflow is None:
            raise AssertionError(problems)
        program = Program(workflow, load_catalogue())

        def work(program: Program = program) -> Any:
            data = {**SCOPE, "trigger": {"items": [{"price": n} for n in range(100)]}}
            return simulate(program, "t", data, NOW, execution="e", subject="s")

        done = work()
        _agree(name, [done.outcome, "completed"])
        yield Contest(f"interpreter: {name}", "steps", work, {}, len(done.steps))


def _chain() -> dict[str, Any]:
    nodes = [
        {"id": "c", "type": "condition", "parameters": {"condition": CONDITIONS["four comparisons in two groups"][0]}},
        {"id": "a", "type": "add_tags", "parameters": {"tags": ["welcome"]}},
        {"id": "w", "type": "wait", "parameters": {"wait": {"kind": "duration", "amount": 2, "unit": "days"}}},
        {"id": "m", "type": "send_email", "parameters": {"subject": "Welcome", "body": TEMPLATES["a short text"], "message_class": "transactional"}},
        {"id": "v", "type": "calculate_value", "parameters": {"expression": "contact.score * 1.5", "output": "x"}},
        {"id": "o", "type": "end", "parameters": {"outcome": "cold"}},
    ]  # fmt: skip
    edges = [
        _edge("t", "c"),
        _edge("c", "a", "true"),
        _edge("c", "o", "false"),
        _edge("a", "w"),
        _edge("w", "m"),
        _edge("m", "v"),
    ]
    return _document(nodes, edges)


def _loop() -> dict[str, Any]:
    nodes = [
        {"id": "l", "type": "loop", "parameters": {"kind": "for_each", "items": "trigger.items"}},
        {
            "id": "v",
            "type": "calculate_value",
            "parameters": {"expression": "item.price * 2", "output": "double"},
        },
    ]
    return _document(nodes, [_edge("t", "l"), _edge("l", "v", "body")])


def _document(nodes: list[dict[str, Any]], edges: list[dict[str, Any]]) -> dict[str, Any]:
    trigger = {"id": "t", "type": "manual", "parameters": {}}
    head = {"format": "atlas.workflow/1", "id": "00000000-0000-4000-8000-000000000001", "name": "Benchmark"}
    return {**head, "nodes": nodes, "edges": edges, "triggers": [trigger]}


def _edge(source: str, target: str, port: str = "main") -> dict[str, Any]:
    return {"id": f"{source}-{target}", "source": source, "source_port": port, "target": target}


def _agree(name: str, answers: list[Any]) -> None:
    if any(answer != answers[0] for answer in answers):
        raise AssertionError(f"The contestants of {name!r} do not agree: {answers!r:.400}")
