"""How many tasks work off a backlog beside the standing workers. Pure."""

# The standing workers of one machine take this many in about a minute; below it starting tasks takes longer than the work.
LEAST = 5_000
FEWEST, MOST = 8, 16


def shares_of(backlog: int) -> int:
    """No task below LEAST; from there on one for every LEAST, from FEWEST to MOST."""
    return 0 if backlog < LEAST else min(MOST, max(FEWEST, backlog // LEAST))


def shares_of_entrants(entrants: int) -> int:
    """Tasks that execute those whom a recurring workflow has just enrolled: one for every LEAST, at most MOST; none for nobody."""
    return min(MOST, -(-entrants // LEAST))
