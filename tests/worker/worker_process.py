"""A worker in a process of its own, with short leases: `python worker_process.py DSN`; performers come from the environment."""

import signal
import sys
from datetime import timedelta

from atlas_workflows.cli.worker import log_as_json
from atlas_workflows.settings import load_settings
from atlas_workflows.wiring import build_worker, load_performers

LEASE_SECONDS = 3


def main() -> None:
    log_as_json()
    worker, listener = build_worker(
        sys.argv[1],
        load_performers(load_settings(), sys.argv[1]),
        lease=timedelta(seconds=LEASE_SECONDS),
        effect_lease=timedelta(seconds=LEASE_SECONDS),
    )
    signal.signal(signal.SIGTERM, lambda _number, _frame: worker.stop())
    listener.start()
    worker.run()
    listener.stop()


if __name__ == "__main__":
    main()
