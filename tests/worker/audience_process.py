"""A task of a recurring workflow's DAG run without Airflow: `python audience_process.py DSN enrol|execute WORKFLOW PAGE`."""

import json
import sys
import time
from datetime import UTC, datetime, timedelta
from functools import partial

from world import ONE

from atlas_workflows.db.connect import connect
from atlas_workflows.recurring.audience.check import is_left
from atlas_workflows.recurring.enrolling import asking_of, enrol_occasion
from atlas_workflows.recurring.occasion import due_occasion
from atlas_workflows.recurring.starting import Recurring
from atlas_workflows.settings import load_settings
from atlas_workflows.site import Site
from atlas_workflows.wiring import work_until_done

DUE = datetime(2026, 6, 10, 9, tzinfo=UTC)
LEASE = timedelta(seconds=3)


def main() -> None:
    dsn, task, workflow, page = sys.argv[1:]
    which, occasion = Recurring(ONE, workflow, "nine"), due_occasion(DUE)
    begun = time.monotonic()
    if task == "enrol":
        with connect(dsn, application_name="enrol", autocommit=True) as connection:
            done = enrol_occasion(connection, which, occasion, DUE, size=int(page))
        assert done.stopped is None
    else:
        left = partial(is_left, asking=asking_of(which, occasion))
        work_until_done(Site(dsn, load_settings()), left, lease=LEASE)
    print(json.dumps({"task": task, "seconds": round(time.monotonic() - begun, 2)}))


if __name__ == "__main__":
    main()
