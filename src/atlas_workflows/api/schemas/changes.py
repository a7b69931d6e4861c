"""What was decided in an organization since a place."""

from datetime import datetime

from atlas_workflows.api.manners.exact import Model


class Change(Model):
    """A decision, or an execution that started or ended: `action` on the row `id` of `what`. `place` is the place behind it."""

    place: str
    at: datetime
    action: str
    what: str | None
    id: str | None


class Changes(Model):
    """Changes in their order; `next` is the place to ask from again. `reset`: the place asked from is not of this database; read anew."""

    items: list[Change]
    next: str
    reset: bool
