"""The registry: every class of dirt and every alias, the specimens that show them, and how a row proves it."""

from dataclasses import replace

from atlas_workflows.sample.dirt import (
    actions,
    conditions,
    content,
    counters,
    documents,
    evidence,
    graphs,
    history,
    identity,
    nodes,
    schedules,
    scoring,
    side_tables,
    tenancy,
    texts,
    triggers,
    variables,
    waits,
)
from atlas_workflows.sample.spec import SampleSpec, Variant
from atlas_workflows.sample.specimen import CoverageClass, Specimen

KINDS = (
    triggers,
    actions,
    conditions,
    waits,
    schedules,
    texts,
    nodes,
    documents,
    identity,
    graphs,
    content,
    tenancy,
    history,
    counters,
    variables,
    side_tables,
    scoring,
    evidence,
)


def specimens_for(spec: SampleSpec) -> tuple[Specimen, ...]:
    """The specimens that this sample can hold, in the order in which they are planted.

    Those that are nothing but steps ride on the workflows of the trigger types, so that all fit into 200 workflows.
    """
    fitting = [
        specimen
        for kind in KINDS
        for specimen in kind.SPECIMENS
        if spec.shape in specimen.shapes and _possible(spec, specimen.needs, specimen.excluded)
    ]
    carriers = [specimen for specimen in fitting if specimen in triggers.SPECIMENS]
    riders = [specimen for specimen in fitting if specimen.only_steps]
    rest = [specimen for specimen in fitting if specimen not in carriers and not specimen.only_steps]
    return (*map(_carry, carriers, [*riders, *([None] * (len(carriers) - len(riders)))]), *rest)


def _carry(carrier: Specimen, rider: Specimen | None) -> Specimen:
    if rider is None:
        return carrier
    steps = carrier.recipe.steps + rider.recipe.steps
    return replace(carrier, shows=carrier.shows + rider.shows, recipe=replace(carrier.recipe, steps=steps))


def classes_for(spec: SampleSpec) -> tuple[CoverageClass, ...]:
    """The classes that a messy sample of this spec must show."""
    return tuple(
        entry
        for kind in KINDS
        for entry in kind.CLASSES
        if spec.shape in entry.shapes and _possible(spec, entry.needs, entry.excluded)
    )


def _possible(spec: SampleSpec, needs: Variant | None, excluded: frozenset[Variant]) -> bool:
    return (needs is None or needs in spec.variants) and not excluded & spec.variants
