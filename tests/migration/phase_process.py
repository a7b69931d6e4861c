"""Runs the moving part of phase 1 as a process of its own, to be killed: phase_process.py DSN HOME WORKERS BATCH_ROWS."""

import sys
from pathlib import Path

from atlas_workflows.migration.request import RunOptions
from moving_phase import migrate

if __name__ == "__main__":
    dsn, home, workers, batch_rows = sys.argv[1:]
    options = RunOptions(
        throttle=False, backup=False, rehearse=False, workers=int(workers), batch_rows=int(batch_rows)
    )
    sys.exit(migrate(dsn, Path(home), options=options).exit_code)
