"""Starts executions and tells live ones what happened, in the caller's transaction."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.sql_files import sql
from atlas_workflows.engine.events import Event, Happened
from atlas_workflows.store.rows import news_rows, places, start_rows
from atlas_workflows.worker.model import News, Place, Start, Started


class PostgresIntake:
    """The intake on a connection whose transaction the caller ends; listening workers are woken then."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def start(self, starts: Sequence[Start]) -> list[Started]:
        """Start executions, in the order given."""
        answers = begin(self.connection, starts)
        if any(answer.answer == "started" for answer in answers):
            self._notify()
        return answers

    def tell(self, organization: str, execution: str, event: Event) -> bool:
        """Tell one live execution something; False where it is not live."""
        return self._tell([News(organization, execution, event)]) == 1

    def tell_all(self, organization: str, subject: str, event: Happened) -> int:
        """Tell every live execution about a subject what happened to it."""
        given = {"organization": organization, "subject": subject}
        about = self.connection.execute(sql("engine/executions_of_subject"), given).fetchall()
        return self._tell([News(organization, execution, event) for (execution,) in about])

    def tell_each(self, organization: str, executions: Iterable[str], event: Event) -> int:
        """Tell several executions the same; how many of them are live."""
        return self._tell([News(organization, execution, event) for execution in executions])

    def _tell(self, news: Sequence[News]) -> int:
        if not news:
            return 0
        lock(self.connection, ((item.organization, item.execution) for item in news))
        told = tell(self.connection, news)
        if told:
            self._notify()
        return told

    def _notify(self) -> None:
        self.connection.execute(sql("engine/notify"))


def begin(connection: Connection, starts: Sequence[Start]) -> list[Started]:
    """Start executions without waking anybody."""
    # Its name follows from the wish by a hash: made once, for there may be thousands.
    named = [(wish.execution, wish) for wish in starts]
    sound: dict[str, Start] = {}
    for execution, wish in named:
        if _is_uuid(wish.workflow):
            sound.setdefault(execution, wish)  # twice in one statement it would not meet itself there
    rows = (
        connection.execute(sql("engine/start"), {"starts": start_rows(sound.values())}).fetchall()
        if sound
        else ()
    )
    answers: dict[str, str] = dict(rows)
    return [Started(execution, answers.get(execution, "refused")) for execution, _ in named]


def tell(connection: Connection, news: Sequence[News]) -> int:
    """Tell executions, whose entries of the queue are locked, without waking anybody."""
    if not news:
        return 0
    return len(connection.execute(sql("engine/tell"), {"news": news_rows(news)}).fetchall())


def lock(connection: Connection, executions: Iterable[Place]) -> dict[Place, tuple[int, bool]]:
    """Lock entries of the queue in the order that all transactions keep; (fencing, leased) by execution."""
    given = {"executions": places(sorted(set(executions)))}
    rows = connection.execute(sql("engine/lock"), given).fetchall()
    return {(organization, execution): (fencing, leased) for organization, execution, fencing, leased in rows}


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
