"""Who is calling."""

from atlas_workflows.api.manners.exact import Model


class Membership(Model):
    """An organization and what the caller may do in it."""

    organization: str
    permissions: list[str]


class Session(Model):
    """`everywhere`: permissions in all organizations. `csrf` goes with unsafe requests of a browser's session; else None."""

    name: str
    kind: str
    organizations: list[Membership]
    everywhere: list[str]
    csrf: str | None
