"""Public holidays by country and subdivision (the `holidays` package) and an organization's own closures."""

from datetime import date
from functools import lru_cache

from atlas_workflows.schedule.refusal import refuse

FIRST_YEAR, LAST_YEAR = 1970, 2200


def check_region(region: str) -> str:
    """The code in capitals (GB, GB-ENG, US-NY); raises ScheduleRefused (field `holidays`) for an unknown one."""
    country, _, subdivision = region.strip().upper().partition("-")
    known = supported_regions()
    if country not in known:
        raise refuse(
            "holidays", f"{region[:20]!r} is no country we have holidays for.", "Write GB, GB-ENG, US-NY."
        )
    if subdivision and subdivision not in known[country]:
        names = ", ".join(known[country][:12]) or "none"
        raise refuse("holidays", f"{country} has no subdivision {subdivision[:12]!r}.", f"Known: {names}.")
    return f"{country}-{subdivision}" if subdivision else country


@lru_cache(maxsize=1)
def supported_regions() -> dict[str, tuple[str, ...]]:
    """Country code to subdivision codes."""
    import holidays

    return {
        country: tuple(map(str, codes)) for country, codes in holidays.list_supported_countries(True).items()
    }


@lru_cache(maxsize=1024)
def holidays_of(region: str, year: int) -> frozenset[date]:
    """Public holidays of a checked region in one year."""
    import holidays

    if not FIRST_YEAR <= year <= LAST_YEAR:
        return frozenset()
    country, _, subdivision = region.partition("-")
    return frozenset(holidays.country_holidays(country, subdiv=subdivision or None, years=year))
