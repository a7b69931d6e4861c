"""How long to wait before a crashed process is started again."""

STEADY_SECONDS = 60.0
LONGEST_SECONDS = 30.0


def restart_delay(crashes_in_a_row: int) -> float:
    """Seconds before the next start: 0.5 after the first crash, doubling up to 30."""
    return min(LONGEST_SECONDS, 0.5 * 2.0 ** max(0, min(crashes_in_a_row, 16) - 1))


def crashes_after(crashes_in_a_row: int, lived_seconds: float) -> int:
    """The count after one more crash; a process that lived a minute starts counting anew."""
    return 1 if lived_seconds >= STEADY_SECONDS else crashes_in_a_row + 1
