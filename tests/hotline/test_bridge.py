"""The bridge as a SIP server runs it: signed, tried again, and ended with a code that says how it went."""

import base64
import json
import subprocess
import sys

import pytest
from pytest_httpserver import HTTPServer
from standardwebhooks.webhooks import Webhook
from werkzeug import Response

from chaos.system import ROOT
from hotline.engines import free_port

BRIDGE = [sys.executable, "-IS", str(ROOT / "hotline" / "bridge.py")]
SECRET = "whsec_" + base64.b64encode(b"what both sides know").decode()
FROM = '"Anna" <sip:%2B79155550101@trunk.example;user=phone>;tag=7'


class Hotline:
    """What the bridge talks to: answers in turn with these statuses, and keeps what it was sent."""

    def __init__(self, server, *statuses):
        self.statuses, self.requests = list(statuses), []
        server.expect_request("/api/v1/telephony/events", method="POST").respond_with_handler(self.answer)

    def answer(self, request):
        Webhook(SECRET).verify(request.get_data(), dict(request.headers))
        self.requests.append((request.headers["webhook-id"], request.get_json()))
        return Response("{}", self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0])

    @property
    def bodies(self):
        return [body for _, body in self.requests]


@pytest.fixture
def server():
    with HTTPServer(host="127.0.0.1") as made:
        yield made


def run(server, *arguments, **environment):
    known = {"HOTLINE_URL": server.url_for("/"), "HOTLINE_TELEPHONY_SECRET": SECRET}
    return subprocess.run(
        [*BRIDGE, *arguments], env=known | environment, capture_output=True, text=True, timeout=60, check=False
    )


def test_what_stands_in_the_environment_of_the_sip_server_is_told(server):
    hotline = Hotline(server, 202)
    ended = run(server, "ringing", SIP_HF_CALLID="a84b@host", SIP_HF_FROM=FROM, SIP_USER="hotline")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    (body,) = hotline.bodies
    assert body.pop("at").endswith("+00:00")
    assert body == {"call_id": "a84b@host", "caller": "+79155550101", "event_id": "ringing", "kind": "ringing"}


def test_arguments_go_before_the_environment(server):
    hotline = Hotline(server, 202)
    run(server, "abandoned", "c-1", "+79155550102", SIP_HF_CALLID="other", SIP_HF_FROM=FROM)
    assert (hotline.bodies[0]["call_id"], hotline.bodies[0]["caller"]) == ("c-1", "+79155550102")


@pytest.mark.parametrize(("kind", "agent"), [("answered", "olena"), ("ended", None), ("held", None)])
def test_who_answers_is_told_and_a_number_only_where_it_is_the_callers(server, kind, agent):
    hotline = Hotline(server, 202)
    run(server, kind, "c-1", SIP_HF_FROM=FROM, SIP_USER="olena")
    assert (hotline.bodies[0]["caller"], hotline.bodies[0].get("agent")) == ("", agent)


def test_the_secret_may_stand_in_a_file(server, tmp_path):
    hotline = Hotline(server, 202)
    (tmp_path / "secret").write_text(SECRET + "\n")
    file = str(tmp_path / "secret")
    assert run(server, "ended", "c-1", HOTLINE_TELEPHONY_SECRET="", HOTLINE_TELEPHONY_SECRET_FILE=file).returncode == 0
    assert len(hotline.bodies) == 1


@pytest.mark.parametrize("trouble", [500, 503, 429])
def test_while_the_hotline_is_in_trouble_the_same_is_told_again(server, trouble):
    hotline = Hotline(server, trouble, trouble, 202)
    assert run(server, "ringing", "c-1").returncode == 0
    assert len(hotline.requests) == 3
    assert len({json.dumps(request) for request in hotline.requests}) == 1


def test_a_refusal_is_final_and_names_no_number(server):
    hotline = Hotline(server, 401)
    ended = run(server, "ringing", "c-1", "+79155550101")
    assert (ended.returncode, len(hotline.requests)) == (3, 1)
    assert "401" in ended.stderr and "5550101" not in ended.stderr


def test_a_hotline_that_is_not_there_is_given_up_after_some_seconds(server):
    ended = run(server, "ringing", "c-1", HOTLINE_URL=f"http://127.0.0.1:{free_port()}")
    assert ended.returncode == 1 and "no answer" in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "environment"),
    [
        ([], {}),
        (["ringing"], {}),
        (["exploded", "c-1"], {}),
        (["ringing", "c-1"], {"HOTLINE_TELEPHONY_SECRET": ""}),
        (["ringing", "c-1"], {"HOTLINE_TELEPHONY_SECRET_FILE": "/nowhere"}),
        (["ringing", "c-1"], {"HOTLINE_URL": ""}),
        (["ringing", "c-1"], {"HOTLINE_URL": "ftp://127.0.0.1"}),
    ],
)
def test_used_wrongly_it_says_so_and_tells_nothing(server, arguments, environment):
    hotline = Hotline(server, 202)
    ended = run(server, *arguments, **environment)
    assert ended.returncode == 2 and ended.stderr and hotline.requests == []
