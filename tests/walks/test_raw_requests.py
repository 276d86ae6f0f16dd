"""What clients write into requests by hand, at the real servers."""

import httpx2


def test_no_header_moves_a_request_to_another_address(portal):
    """Else a proxy on this machine that closes some addresses would judge one, and we another."""
    with httpx2.Client(base_url=portal.address, trust_env=False, timeout=20) as client:
        for headers in ({"SCRIPT_NAME": "/open"}, {"PATH_INFO": "/healthz"}):
            answer = client.get("/open/healthz", headers=headers)
            assert (answer.status_code, "UP" in answer.text) == (404, False)
