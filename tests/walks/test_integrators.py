"""The walk of docs/integrators.md, its commands run as they stand there."""

import base64
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from sqlalchemy import make_url

from tests.support.portal import ROOT

BLOCK = re.compile(r"^```sh(?: (\w+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
WALK = "## Back ends: phones that approve, step by step"
STRICT = """set -euo pipefail
curl() { command curl --silent --show-error --fail-with-body "$@" | tee -a answers; }
"""
"""What is refused ends the script, and every answer is kept."""


def commands(database: str) -> str:
    """Return the commands of the document for one kind of database."""
    text = (ROOT / "docs/integrators.md").read_text()
    blocks = BLOCK.findall(text.partition(WALK)[2].partition("\n## ")[0])
    assert len(blocks) > 8
    return STRICT + "\n".join(body for only, body in blocks if only in ("", database))


def pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder with the files that Apple and Google give out."""
    account = {
        "type": "service_account",
        "project_id": "example-token",
        "private_key_id": "1",
        "private_key": pem(rsa.generate_private_key(65537, 2048)),
        "client_email": "push@example-token.iam.gserviceaccount.com",
        "token_uri": "https://oauth2.googleapis.com/token",
    }
    (tmp_path / "AuthKey_ABC123DEFG.p8").write_text(pem(ec.generate_private_key(ec.SECP256R1())))
    (tmp_path / "service-account.json").write_text(json.dumps(account))
    return tmp_path


def test_the_walk_of_the_integrators_guide_works_command_by_command(portal, desk):
    url = make_url(portal.settings.database)
    kind = url.get_backend_name()
    script = commands(kind).replace("http://localhost:8080", portal.address)
    environment = {
        **portal.environment,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "WEBFLOW_DEMO_CLIENT_PHONES": str(desk / "phones"),
        "FLASK_APP": str(ROOT / "wsgi.py"),
    }
    if kind == "postgresql":
        plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
        environment["DATABASE_URL"] = plain
    done = subprocess.run(  # noqa: S603 - ours
        ("/bin/bash", "-c", script.replace("flask --app wsgi", "flask")),
        cwd=desk, env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    answers = (desk / "answers").read_text()
    assert done.returncode == 0, f"{done.stderr}\n{done.stdout}\n{answers}"
    assert "APPROVED" in done.stdout.splitlines()
    assert "Message subject" in done.stdout
    assert '"PENDING_COMMIT"' in answers
    assert base64.b64encode((desk / "service-account.json").read_bytes()).decode() not in answers
