"""Real SIP calls through a real Kamailio as docs/telephony sets it up, heard by the whole running product."""

import base64
import os
import shutil
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from chaos.system import LOOPBACK, ROOT, System, running
from chaos.waiting import until
from hotline.engines import free_port
from hotline.supervisor import Child, ChildSpec

HERE = Path(__file__).parent
CONFIG = ROOT / "docs" / "telephony" / "kamailio.cfg"
KAMAILIO = shutil.which("kamailio", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
SIPP = shutil.which("sipp")
SECRET = "whsec_" + base64.b64encode(b"what the SIP server knows too").decode()
NUMBER = "+79155550101"

pytestmark = [
    pytest.mark.chaos,
    pytest.mark.alone,
    pytest.mark.skipif(
        not (KAMAILIO and SIPP) and not os.environ.get("CI"), reason="neither Kamailio nor SIPp is installed"
    ),
]


@pytest.fixture(scope="module")
def system(tmp_path_factory, filled) -> Iterator[System]:
    assert KAMAILIO and SIPP, "install them: apt-get install kamailio sip-tester"
    with running(tmp_path_factory.mktemp("system"), like=filled, HOTLINE_TELEPHONY_SECRETS=SECRET) as whole:
        yield whole


class Telephones:
    """A SIP server in front of the desk's telephones; callers and telephones are SIPp's scenarios beside this file."""

    def __init__(self, stack: ExitStack, system: System, place: Path, secret: str, config: Path) -> None:
        self.stack, self.place = stack, place
        self.port, self.desk = free_port(), free_port()
        self.environment = dict(os.environ) | {
            "HOTLINE_URL": f"http://{LOOPBACK}:{system.port}",
            "HOTLINE_TELEPHONY_SECRET": secret,
        }
        defined = {
            "LISTEN": f"udp:{LOOPBACK}:{self.port}",
            "OPERATORS": f'"sip:{LOOPBACK}:{self.desk}"',
            "BRIDGE": f'"{sys.executable} -IS {ROOT / "hotline" / "bridge.py"}"',
        }
        options = [word for name, value in defined.items() for word in ("-A", f"{name}={value}")]
        self._start(
            "kamailio", KAMAILIO, *"-DD -E -m 16 -M 4".split(), "-w", place, "-Y", place, "-f", config, *options
        )
        until(self._answers, seconds=20, what="Kamailio")

    def rings(self) -> Child:
        return self._sipp("rings", "-p", self.desk)

    def answers(self, agent: str) -> Child:
        return self._sipp("answers", "-p", self.desk, "-key", "agent", agent)

    def caller(self, scenario: str, *, seconds: float, number: str = NUMBER) -> Child:
        """A caller who gives up, or talks, after so many seconds."""
        options = ("-d", int(seconds * 1000), "-key", "number", number)
        return self._sipp(scenario, *options, f"{LOOPBACK}:{self.port}")

    def _sipp(self, scenario: str, *options: object) -> Child:
        words = ("-sf", HERE / f"{scenario}.xml", "-i", LOOPBACK, "-m", 1, "-nostdin", "-timeout", 60, *options)
        return self._start(scenario, SIPP, *words)

    def _start(self, name: str, *words: object) -> Child:
        spec = ChildSpec(name, [str(word) for word in words])
        child = Child(spec, self.environment, self.place, self.place / f"{name}.log")
        child.launch()
        self.stack.callback(child.stop)
        return child

    def _answers(self) -> bool:
        """Whether the server refuses what is no call, as its configuration says."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
            line.bind((LOOPBACK, 0))
            line.settimeout(0.2)
            here = f"{LOOPBACK}:{line.getsockname()[1]}"
            asked = (
                f"OPTIONS sip:desk@{LOOPBACK} SIP/2.0\r\nVia: SIP/2.0/UDP {here};branch=z9hG4bKask\r\n"
                f"From: <sip:ask@{here}>;tag=1\r\nTo: <sip:desk@{LOOPBACK}>\r\nCall-ID: ask\r\nCSeq: 1 OPTIONS\r\n"
                "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
            )
            try:
                line.sendto(asked.encode(), (LOOPBACK, self.port))
                return line.recv(4_096).startswith(b"SIP/2.0 405")
            except OSError:
                return False


@pytest.fixture
def telephones(system, tmp_path):
    """Start a SIP server for one test: `telephones(secret=…, config=…)`."""
    with ExitStack() as stack:
        yield lambda secret=SECRET, config=CONFIG: Telephones(stack, system, tmp_path, secret, config)


@pytest.fixture(autouse=True)
def no_calls_of_before(system):
    """Calls are told apart by when they were made."""
    system.seen = system.value("SELECT coalesce(max(id), 0) FROM cases_call")


def status(system):
    """Status, operator, and whether a number is known, of the one call since the test began."""
    query = (
        "SELECT call.status, coalesce(operator.username, ''), call.contact_id IS NOT NULL FROM cases_call call"
        " LEFT JOIN cases_user operator ON operator.id = call.operator_id WHERE call.id > %s"
    )
    found = system.rows(query, system.seen)
    assert len(found) <= 1
    return found[0] if found else ()


def callbacks_due(system):
    query = "SELECT reason FROM cases_callback WHERE state = 'open' AND call_id > %s"
    return [reason for (reason,) in system.rows(query, system.seen)]


def ended_well(*children):
    for child in children:
        until(child.ended, seconds=60, what=child.name)
        assert child.process.returncode == 0, child.name


def test_an_invite_rings_within_a_second_and_its_cancel_is_called_back(system, telephones):
    line, took, reasons = telephones(), [], []
    while not took or (took[-1] >= 1 and len(took) < 3):  # the best of three: the machine may be busy with other things
        system.seen = system.value("SELECT coalesce(max(id), 0) FROM cases_call")
        desk, caller = line.rings(), line.caller("gives_up", seconds=5)
        until(lambda: status(system) == ("ringing", "", True), seconds=5, what="the ringing")
        waited = "SELECT extract(epoch FROM created_at - heard_at) FROM cases_call WHERE id > %s"
        took.append(system.value(waited, system.seen))
        until(lambda: status(system)[0] == "callback_due", seconds=20, what="the end of the ringing")
        reasons += callbacks_due(system)
        ended_well(caller, desk)
    assert min(took) < 1
    assert reasons == ["abandoned"]


def test_a_call_that_an_operator_answers_is_theirs_and_ends_in_wrap_up(system, telephones):
    line = telephones()
    # Long enough to be seen while it lasts, on a busy machine too.
    desk, caller = line.answers("olena"), line.caller("talks", seconds=12, number="+79155550102")
    until(lambda: status(system) == ("in_progress", "olena", True), seconds=10, what="the answer")
    until(lambda: status(system)[0] == "wrap_up", seconds=30, what="the end")
    assert callbacks_due(system) == []
    ended_well(caller, desk)


def test_a_call_that_nobody_we_know_answered_is_called_back(system, telephones):
    line = telephones()
    desk, caller = line.answers("reception"), line.caller("talks", seconds=1, number="+79155550103")
    until(lambda: status(system) and status(system)[0] == "callback_due", seconds=30, what="the end")
    assert callbacks_due(system) == ["unrecorded"]
    ended_well(caller, desk)


def test_who_hides_the_number_rings_all_the_same(system, telephones):
    line = telephones()
    desk, caller = line.rings(), line.caller("gives_up", seconds=3, number="anonymous")
    until(lambda: status(system) == ("ringing", "", False), seconds=10, what="the ringing")
    ended_well(caller, desk)
    until(lambda: status(system)[0] == "callback_due", seconds=20, what="the end of the ringing")
    assert callbacks_due(system) == []


COMMAND = "x'`touch${IFS}owned`'$(touch${IFS}owned)"


def test_a_caller_who_writes_commands_into_the_number_runs_none(system, telephones, tmp_path):
    line = telephones()
    desk, caller = line.rings(), line.caller("gives_up", seconds=2, number=COMMAND)
    until(lambda: status(system) and status(system)[0] == "callback_due", seconds=20, what="the end of the ringing")
    ended_well(caller, desk)
    assert not (tmp_path / "owned").exists()


def test_a_number_on_the_command_line_would_run_them(system, telephones, tmp_path):
    """The negative control: the same call where the configuration passes the number itself."""
    careless = tmp_path / "careless.cfg"
    careless.write_text(CONFIG.read_text().replace('" ringing <', "\" ringing '$ci' '$fU' <"))
    line = telephones(config=careless)
    desk, caller = line.rings(), line.caller("gives_up", seconds=2, number=COMMAND)
    ended_well(caller, desk)
    until((tmp_path / "owned").exists, seconds=10, what="the command")
    until(lambda: status(system) and status(system)[0] == "callback_due", seconds=20, what="the end of the ringing")


def test_a_call_goes_on_though_the_hotline_does_not_take_the_servers_word(system, telephones):
    line = telephones("whsec_" + base64.b64encode(b"a secret of somebody else").decode())
    desk, caller = line.answers("olena"), line.caller("talks", seconds=1)
    ended_well(caller, desk)
    assert status(system) == ()
    until(lambda: "refused the event with 401" in (line.place / "kamailio.log").read_text(), what="the refusal")
