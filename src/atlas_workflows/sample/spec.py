"""What to make: shape, size, tidiness, variants and seed, checked before anything is touched."""

from dataclasses import dataclass
from enum import StrEnum

from atlas_workflows.errors import InputError


class Shape(StrEnum):
    """The six shapes of the legacy `workflows` table."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"
    E = "E"
    F = "F"


class Variant(StrEnum):
    """Ways in which real databases of one shape differ."""

    NO_ORGANIZATION = "no-organization"
    WORKFLOW_SYSTEM = "workflow-system"
    SCORING = "scoring"
    HALF_APPLIED = "half-applied"


@dataclass(frozen=True, slots=True)
class Size:
    """Exact row counts, and one e-mail body's bytes where a giant row belongs in (0: none)."""

    organizations: int
    workflows: int
    executions: int
    people: int
    giant_bytes: int = 0


SIZES = {
    "S": Size(organizations=8, workflows=200, executions=5_000, people=30),
    "M": Size(organizations=60, workflows=3_000, executions=250_000, people=40),
    "L": Size(organizations=500, workflows=50_000, executions=1_000_000, people=40, giant_bytes=10_600_000),
}
ALLOWED = {
    Variant.NO_ORGANIZATION: {Shape.A},
    Variant.WORKFLOW_SYSTEM: {Shape.A, Shape.B},
    Variant.SCORING: {Shape.A, Shape.B, Shape.E},
    Variant.HALF_APPLIED: {Shape.A, Shape.B},
}


@dataclass(frozen=True, slots=True)
class SampleSpec:
    """One sample to make; two equal specs give byte-identical tables."""

    shape: Shape
    size: Size
    messy: bool = False
    seed: int = 1
    variants: frozenset[Variant] = frozenset()

    @property
    def has_organization(self) -> bool:
        return Variant.NO_ORGANIZATION not in self.variants

    @property
    def workflow_system(self) -> bool:
        return Variant.WORKFLOW_SYSTEM in self.variants


def make_spec(shape: str, size: str, *, messy: bool, seed: int, variants: tuple[str, ...] = ()) -> SampleSpec:
    """Read what a person typed. Raises InputError naming the allowed values."""
    if size.upper() not in SIZES:
        raise InputError(f"There is no size {size}.", remedy=f"Choose one of {', '.join(SIZES)}.")
    if shape.upper() not in Shape.__members__:
        raise InputError(f"There is no shape {shape}.", remedy=f"Choose one of {', '.join(Shape)}.")
    chosen = Shape(shape.upper())
    return SampleSpec(
        chosen, SIZES[size.upper()], messy, seed, frozenset(_variant(v, chosen) for v in variants)
    )


def _variant(name: str, shape: Shape) -> Variant:
    fitting = [variant.value for variant, shapes in ALLOWED.items() if shape in shapes]
    if name not in fitting:
        raise InputError(
            f"Shape {shape} has no variant {name}.", remedy=f"It has: {', '.join(fitting) or 'none'}."
        )
    return Variant(name)
