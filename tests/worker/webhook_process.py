"""The intake in a process of its own: `python webhook_process.py DSN PORT`; nothing else answers there."""

import sys

import uvicorn
from webhook_world import nothing_else

from atlas_workflows.api.hooks.mount import WebhooksBeside, intake_of


def main() -> None:
    application = WebhooksBeside(nothing_else, intake_of(lambda: sys.argv[1]))
    uvicorn.run(
        application, host="127.0.0.1", port=int(sys.argv[2]), log_level="warning", access_log=False, lifespan="off",
        proxy_headers=False,
    )  # fmt: skip


if __name__ == "__main__":
    main()
