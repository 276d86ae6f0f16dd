"""The web process: `gunicorn wsgi:app`."""

import os

from app.factory import create_app
from app.settings import settings_or_exit

os.umask(0o077)  # what we write, the embedded database for one, is nobody else's to read
app = create_app(settings_or_exit())
