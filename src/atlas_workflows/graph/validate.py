"""Is this workflow right? Pure: a workflow and a catalogue in, Problems out, in a stable order.

A workflow may be activated when no problem has severity error. Codes follow the old builder's where it had one.
Checks live in four files: each step on its own (`checks_steps`), attempts and timeouts (`checks_retries`), the edges
(`checks_edges`), and what runs through the graph as a whole (`checks_flow`).
"""

from typing import Any

from atlas_workflows.graph.catalogue import Catalogue
from atlas_workflows.graph.checks_edges import check_edges
from atlas_workflows.graph.checks_flow import check_flow
from atlas_workflows.graph.checks_retries import check_retries
from atlas_workflows.graph.checks_steps import check_steps, hint_at_settings
from atlas_workflows.graph.model import Problem, Severity, Workflow
from atlas_workflows.graph.parse import parse
from atlas_workflows.graph.plan import Plan
from atlas_workflows.graph.reading import ProblemList

_RANK = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}


def validate(workflow: Workflow, catalogue: Catalogue, *, hints: bool = True) -> list[Problem]:
    """Problems, errors first; at most MAX_PROBLEMS. `hints=False` leaves out those of severity info."""
    findings = ProblemList()
    plan = Plan(workflow)
    kinds = {step: catalogue.node(node.type, node.version) for step, node in plan.nodes.items()}
    known = {step: kind for step, kind in kinds.items() if kind is not None}
    check_steps(workflow, catalogue, kinds, findings)
    check_retries(workflow, known, findings)
    check_edges(plan, known, findings)
    check_flow(plan, known, findings, hints=hints)
    if hints:
        hint_at_settings(workflow, findings)
    problems = findings.problems
    if any(problem.severity is not Severity.ERROR for problem in problems):
        problems.sort(key=lambda problem: _RANK[problem.severity])
    return problems


def is_valid(problems: list[Problem]) -> bool:
    """No problem of severity error."""
    return not any(problem.severity is Severity.ERROR for problem in problems)


def problems_of(document: Any, catalogue: Catalogue) -> list[Problem]:
    """Everything that parsing and validation have to say of a document."""
    workflow, problems = parse(document)
    return problems if workflow is None else problems + validate(workflow, catalogue)
