"""People who come to a sample's gyms while somebody watches: each is a row of the CRM, as its form on the website writes it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import uuid4

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import scalar
from atlas_workflows.db.sql_files import sql
from atlas_workflows.sample.organizations import Organization, make_organizations
from atlas_workflows.sample.people import Lead, lead_rows, make_leads
from atlas_workflows.sample.rows import copy_rows
from atlas_workflows.sample.spec import SampleSpec


def gyms_of(spec: SampleSpec) -> dict[str, Organization]:
    """The gyms of a sample by their ids."""
    return {gym.id: gym for gym in make_organizations(spec)}


def people_come(
    connection: Connection, spec: SampleSpec, gyms: Sequence[Organization], at: datetime
) -> list[Lead]:
    """One new lead for each gym named (twice where it is named twice), each in a transaction of its own."""
    known = int(scalar(connection, sql("sample/count_leads")))
    faces = make_leads(replace(spec, seed=spec.seed + 1), tuple(gyms))
    came = []
    for place, gym in enumerate(gyms):
        face = faces[gym.id][place % len(faces[gym.id])]
        lead = replace(
            face, id=str(uuid4()), number=known + place, status="new", source="website", created_at=at
        )
        with connection.transaction():
            copy_rows(connection, "leads", lead_rows(iter([lead]), spec.shape))
        came.append(lead)
    return came
