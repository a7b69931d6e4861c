"""Workflows drawn at random from parts that the old builders knew, with the dirt that occurs: most could have been live."""

from dataclasses import replace
from random import Random
from typing import Any

from legacy_rows import action_node, edge, flat_node, logic_node, record, trigger_node

from atlas_workflows.exact_json import dumps_text
from atlas_workflows.legacy.evidence.seen import Evidence, Seen
from atlas_workflows.legacy.records import LegacyWorkflow

_EVIDENCE = Evidence(Seen.FIRES, by_hand=True).to_row()
_FIELDS = [
    "lead.status",
    "status",
    "lead.score",
    "score",
    "tags",
    "lead.source",
    "trigger.source",
    "nope",
    "offer",
]
_OPERATORS = ["equals", "not_equals", "contains", "greater_than", "less_than", "exists", "is_set", "is_empty", "has_tag", "starts_with",
              "not_contains", "eq", "=", "is_true"]  # fmt: skip
_VALUES = ["new", "40", 40, "web", "vip", ["a", "b"], "Ana", "", "=1", "2/3", True, "NEW"]
_TEXTS = ["Hi {{firstName}}", "Hello {name}", "Hi [first_name]", "plain", "{{name}}", "{{lead.nope}} x", "Dear {{ first_name }}",
          "{{offer}}", "{{variables.offer}}", "Today {{currentDate}}", "{{odd name}}", "{{trigger.source}}",
          "&amp; {{firstName}} &lt;3"]  # fmt: skip
_WAITS: list[dict[str, Any]] = [
    {"duration": 2, "unit": "minutes"}, {"duration": "3", "unit": "days"}, {"delay_minutes": 4}, {"duration": 5, "unit": "fortnights"},
    {"duration": -3, "unit": "minutes"}, {"duration": {"value": 30, "unit": "seconds"}}, {"duration": "2 minutes"},
    {"delay": {"type": "fixed", "value": 3, "unit": "minutes"}}, {"type": "specific_time", "specificTime": {"time": "09:30"}},
    {"duration": 2, "unit": "minutes", "businessHoursOnly": True},
]  # fmt: skip
_LABELS = ["Send Email", "Send SMS", "Add Tag", "Our own label", "Create Task"]
_VARIABLES: list[Any] = [None, {"offer": "x"}, [{"name": "offer", "required": True}], [{"name": "odd name", "value": "q"}],
                         [{"name": "offer", "value": "1"}, {"name": "offer", "value": "2"}]]  # fmt: skip
_HANDLES = {"condition": ["true", "false", "yes", "no", None], "switch": ["one", "two", "default", None],
            "loop": ["loop", "done", None], "parallel": ["branch-0", "branch-1"]}  # fmt: skip


def known_workflow(seed: int) -> LegacyWorkflow:
    """The same for the same seed."""
    return _Drawing(Random(seed)).workflow()


class _Drawing:
    def __init__(self, random: Random) -> None:
        self.random = random

    def workflow(self) -> LegacyWorkflow:
        chance, pick = self.random.random, self.random.choice
        nodes = [self._node(f"n{at}") for at in range(self.random.randint(1, 6))]
        heads = [trigger_node(pick(["lead_created", "webhook", "manual"]))] if chance() < 0.96 else []
        column = pick(["lead_created", "webhook", None, "manual"])
        config = {"webhook_id": "w"} if column == "webhook" else {}
        settings = pick(
            [{}, {"errorHandling": "continue"}, {"errorHandling": "retry"}, {"conditions": [self._asks()]}]
        )
        columns = {
            "trigger_type": column,
            "trigger_config": config,
            "variables": pick(_VARIABLES),
            "settings": settings,
        }
        return replace(record(nodes=heads + nodes, edges=self._edges(nodes), **columns), evidence=_EVIDENCE)

    def _asks(self) -> dict[str, Any]:
        pick = self.random.choice
        return {"field": pick(_FIELDS), "operator": pick(_OPERATORS), "value": pick(_VALUES)}

    def _node(self, name: str) -> dict[str, Any]:
        chance, pick = self.random.random, self.random.choice
        kind = chance()
        if kind < 0.6:
            node = self._action(name)
        elif kind < 0.78:
            node = logic_node(pick(["condition", "filter"]), name, **self._asks())
        elif kind < 0.9:
            node = logic_node("wait", name, **pick(_WAITS))
        else:
            other = {
                "switch": {"field": "lead.status", "cases": [{"name": "one", "value": "new"}]},
                "loop": {"iterations": 2},
            }
            type_ = pick(["switch", "loop", "parallel", "merge", "end", "note"])
            node = logic_node(type_, name, **other.get(type_, {}))
        data = node["data"]
        if chance() < 0.04:
            data["config"] = dumps_text(data.get("config") or {})
        if chance() < 0.04:
            data["disabled"] = True
        return node

    def _action(self, name: str) -> dict[str, Any]:
        chance, pick = self.random.random, self.random.choice
        kind, settings = pick([
            ("send_email", {"subject": pick(_TEXTS), "body": pick(_TEXTS)}), ("send_sms", {"message": pick(_TEXTS)}),
            ("send_whatsapp", {"message": "Booked {{1}}", "parameters": ["{{firstName}}"]}), ("add_tag", {"tag": "vip"}),
            ("remove_tags", {"tags": ["a"]}), ("create_task", {"title": pick(_TEXTS)}), ("add_note", {"note": pick(_TEXTS)}),
            ("update_lead", {"fields": {"stage": "won"}}), ("send_webhook", {"url": "https://hooks.example/in"}),
        ])  # fmt: skip
        if chance() < 0.15:
            settings["conditions"] = pick([self._asks(), [self._asks()]])
        if chance() < 0.05:
            settings["continueOnError"] = True
        flat = chance() < 0.1
        return flat_node(pick(_LABELS), name, **settings) if flat else action_node(kind, name, **settings)

    def _edges(self, nodes: list[dict[str, Any]]) -> list[dict[str, Any]]:
        chance, pick = self.random.random, self.random.choice
        found = [edge("t", "n0")]
        for at, node in enumerate(nodes):
            for further in range(at + 1, len(nodes)):
                if further > at + 1 and chance() > 0.2:
                    continue
                found.append(edge(node["id"], f"n{further}", pick(_HANDLES.get(node["type"], [None]))))
                if chance() < 0.08:
                    found[-1]["data"] = {
                        "condition": pick([self._asks(), {"type": "error"}, {"type": "success"}])
                    }
                if chance() < 0.04:
                    found.append(dict(found[-1]))
        ends = pick([("t", "n0"), (nodes[-1]["id"], "t"), (nodes[-1]["id"], nodes[-1]["id"])])
        return [*found, edge(*ends)] if chance() < 0.1 else found
