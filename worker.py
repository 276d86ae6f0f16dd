"""The worker process: `python worker.py`."""

from app.factory import create_worker
from app.settings import Settings

if __name__ == "__main__":
    create_worker(Settings()).run()
