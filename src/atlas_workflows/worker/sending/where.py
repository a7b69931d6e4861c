"""In which time zones a person may be, the surest source first; several where nobody can tell which."""

from collections.abc import Iterable
from dataclasses import dataclass

from atlas_workflows.time_zones import zone_names, zones_of_country
from atlas_workflows.worker.sending.calling_codes import countries_of
from atlas_workflows.worker.sending.facts import Whereabouts


@dataclass(frozen=True, slots=True)
class Zones:
    """Candidates; a message may go when it may go in each of them. None at all: nobody can tell."""

    names: tuple[str, ...]
    source: str

    @property
    def words(self) -> str:
        """For people."""
        if len(self.names) == 1:
            return f"{self.names[0]} ({self.source})"
        return f"{len(self.names)} possible time zones ({self.source})"


def infer_zones(known: Whereabouts, fallback: Iterable[str] = ()) -> Zones:
    """The person's own zone, else the location's, those of all locations, the organization's, the telephone's country, `fallback`.

    A telephone of a country in which the organization's zone is not makes both of them possible.
    """
    phone = zones_of_phones(known.phones)
    if own := _known(known.own):
        return Zones(own, "their own")
    if place := _known(known.place):
        return Zones(place, "their location's")
    if branches := _known(known.branches):
        return Zones(branches, "the organization's locations'")
    if organization := _known(known.organization):
        if phone and not set(organization) & set(phone):
            return Zones((*organization, *phone), "the organization's and their telephone's country")
        return Zones(organization, "the organization's")
    if phone:
        return Zones(phone, "their telephone's country")
    return Zones(_known(fallback), "the policy's")


def zones_of_phones(phones: Iterable[str]) -> tuple[str, ...]:
    """The zones of every country that one of the numbers may belong to."""
    countries = [country for phone in phones for country in countries_of(phone)]
    return tuple(dict.fromkeys(zone for country in countries for zone in zones_of_country(country)))


def _known(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in names if name in zone_names()))
