"""A program that stands in for `airflow` where the supervisor is under test: it answers about its health, or ends at once.

What it does is read from files beside it, so that a test can change it while it runs: `health` is the answer, `broken`
names the commands that end with status 3, `started` gets a line for each start.
"""

import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

HERE = Path(__file__).parent


class Health(BaseHTTPRequestHandler):
    """Every page is the health page."""

    def do_GET(self) -> None:
        body = (HERE / "health").read_bytes()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        return


def main() -> int:
    command = " ".join(sys.argv[1:3]) if sys.argv[1] == "db" else sys.argv[1]
    metadata = os.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"].rpartition("@")[2]
    with (HERE / "started").open("a") as started:
        started.write(json.dumps([command, metadata, os.environ.get("AIRFLOW_CONN_ATLAS_CRM")]) + "\n")
    if command in (HERE / "broken").read_text().split(","):
        return 3
    if command == "api-server":
        HTTPServer(("127.0.0.1", int(os.environ["AIRFLOW__API__PORT"])), Health).serve_forever()
    while command != "db migrate":
        time.sleep(600)
    return 0


if __name__ == "__main__":
    sys.exit(main())
