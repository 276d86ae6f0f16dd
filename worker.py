"""The worker process: `python worker.py`."""

import os

from app import logs
from app.factory import create_worker, refuse_unsafe_start
from app.settings import settings_or_exit

if __name__ == "__main__":
    os.umask(0o077)  # what we write, the job queue for one, is nobody else's to read
    logs.last_resort()
    settings = settings_or_exit()
    refuse_unsafe_start(settings)
    create_worker(settings).run()
