"""What a phone believes of what comes over its line."""

import pytest
from pytest_httpserver import HTTPServer

from app.demo.phone import line as lines
from app.demo.phone.calls import Call
from app.demo.phone.line import Line
from app.demo.phone.troubles import Declined, NotUnderstood, Unreachable

CALL = Call.of("/path", {})


@pytest.fixture
def line(httpserver: HTTPServer):
    yield Line(httpserver.url_for("") + "/")
    httpserver.clear()


def told(server_time):
    return {"status": "OK", "responseObject": {"serverTime": server_time}}


def test_a_refusal_is_read_and_cut_short(line, httpserver):
    body = {"status": "ERROR", "responseObject": {"code": "CODE", "message": "x" * 5000}}
    httpserver.expect_request("/path").respond_with_json(body, 401)
    with pytest.raises(Declined) as refused:
        line.post(CALL)
    assert (refused.value.status, refused.value.code) == (401, "CODE")
    assert len(refused.value.words) <= 300


@pytest.mark.parametrize("status", [204, 302, 400, 404, 500, 503])
@pytest.mark.parametrize("body", ["", "<html>", "[]", '{"responseObject": {"code": 5}}'])
def test_what_is_not_of_a_portal_is_told(line, httpserver, status, body):
    headers = {"Location": httpserver.url_for("/elsewhere")}
    httpserver.expect_request("/path").respond_with_data(body, status, headers)
    with pytest.raises(NotUnderstood, match=str(status)):
        line.post(CALL)
    assert [request.path for request, _ in httpserver.log] == ["/path"]


def test_an_answer_that_is_too_large_is_not_read(line, httpserver, monkeypatch):
    monkeypatch.setattr(lines, "LARGEST_ANSWER", 10)
    httpserver.expect_request("/path").respond_with_data("{}" + " " * 20)
    with pytest.raises(NotUnderstood):
        line.post(CALL)


def test_the_time_is_the_portals_and_is_asked_for_again_after_a_while(
    line, httpserver, monkeypatch
):
    httpserver.expect_ordered_request("/pa/v3/status").respond_with_json(told(5_000_000))
    httpserver.expect_ordered_request("/pa/v3/status").respond_with_json(told(9_000_000))
    assert 5_000_000 <= line.now() < 5_010_000
    assert line.now() < 5_020_000
    assert line.now(fresh=True) >= 9_000_000
    httpserver.expect_ordered_request("/pa/v3/status").respond_with_json(told(1_000_000))
    monkeypatch.setattr(lines, "TIME_KEPT_SECONDS", -1)
    assert line.now() < 1_010_000


@pytest.mark.parametrize("server_time", [None, "1", 0, -5, 1.5, []])
def test_a_time_that_is_none_is_told(line, httpserver, server_time):
    httpserver.expect_request("/pa/v3/status").respond_with_json(told(server_time))
    with pytest.raises(NotUnderstood, match="does not tell the time"):
        line.now()


@pytest.mark.parametrize("address", ["http://[", "nothing", "http://x:99999"])
def test_what_is_no_address_is_told(address):
    with pytest.raises((NotUnderstood, Unreachable)):
        Line(address).post(CALL)
