"""The walk of seed 003 as docs/integrators.md has it, its commands run as they stand there."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.support.portal import ROOT
from tests.walks.test_integrators import BLOCK, STRICT

WALK = "## Back ends: apps by link, step by step"
ENROLL = """curl "http://localhost:8080/nevis/$instance/api/v1/users/enroll" \\
-XPOST \\
-H "Authorization: Bearer $access_key" \\
-H 'Content-Type: application/json' \\
-d '{ "username": "u12345" }'"""
STATUS = """# Set $statusToken
curl "http://localhost:8080/nevis/$instance/api/v1/status" \\
-XPOST \\
-H 'Content-Type: application/json' \\
-d "{ \\"statusToken\\": \\"$statusToken\\" }\""""
INTROSPECT = """# Set $token
curl "http://localhost:8080/nevis/$instance/api/v1/introspect" \\
-XPOST \\
-H "Authorization: Bearer $access_key" \\
--data-urlencode "token=$token\""""
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z")


def commands() -> str:
    text = (ROOT / "docs/integrators.md").read_text()
    blocks = BLOCK.findall(text.partition(WALK)[2].partition("\n## ")[0])
    assert len(blocks) > 6
    return "\n".join(body for _, body in blocks)


def objects(text: str) -> Iterator[dict[str, object]]:
    """Read one JSON object after the other."""
    while text := text.strip():
        found, end = json.JSONDecoder().raw_decode(text)
        yield found
        text = text[end:]


def test_the_commands_are_those_of_the_seed_word_for_word():
    unindented = re.sub(r"^ +", "", commands(), flags=re.MULTILINE)
    for command in (ENROLL, STATUS, INTROSPECT):
        assert command in unindented


def test_the_walk_of_seed_003_works_command_by_command(portal, tmp_path):
    script = STRICT + commands().replace("http://localhost:8080", portal.address)
    environment = {
        **portal.environment,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "WEBFLOW_DEMO_CLIENT_PHONES": str(tmp_path / "phones"),
        "FLASK_APP": str(ROOT / "wsgi.py"),
    }
    done = subprocess.run(  # noqa: S603 - ours
        ("/bin/bash", "-c", script.replace("flask --app wsgi", "flask")),
        cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    answers = (tmp_path / "answers").read_text()
    assert done.returncode == 0, f"{done.stderr}\n{done.stdout}\n{answers}"
    said = done.stdout.splitlines()
    assert said[0].startswith("Added u12345 of demo at localhost:")
    assert said[1:3] == ["succeeded", "True"]
    assert (said[4], said[6]) == ("succeeded", "failed")
    assert "Pay 100 CZK\nto Tea House?\n" in done.stderr
    assert "Pay 900 CZK to Tea House?\n" in done.stderr
    check(list(objects(answers)))


def check(answers: list[dict[str, object]]) -> None:
    """Compare the answers with those that the seed shows."""
    enrolled, first, *_, last = answers
    assert enrolled["status"] == "new"
    assert enrolled["username"] == "u12345"
    assert enrolled["authenticators"] == []
    assert MOMENT.fullmatch(str(enrolled["createdAt"]))
    enrollment = enrolled["enrollment"]
    assert isinstance(enrollment, dict)
    assert (enrollment["qrCode"]["type"], enrollment["qrCode"]["size"]) == ("image/png", 300)
    assert enrollment["appLinkUri"].partition("=")[2].startswith("eyJub")
    assert first["status"] == "pending"
    assert first["userId"] == enrolled["userId"]
    assert first["transactionId"] == enrollment["transactionId"]
    (proved,) = [answer for answer in answers if "active" in answer]
    assert proved["active"] is True
    assert proved["sub"] == enrolled["userId"]
    assert len(str(proved["iat"])) == 13
    assert last["status"] == "failed"
