"""The supervisor, over small real processes instead of the product."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hotline import engines
from hotline.supervisor import ChildSpec, StopSignals, Supervisor, SupervisorError, answers, python
from tests.hotline.processes import alive, all_gone, descendants, finish, kill, run_python, until

RUNNER = """
import json, os, sys
from hotline.supervisor import ChildSpec, StopRequested, StopSignals, Supervisor, SupervisorError
options = json.loads(sys.argv[1])
try:
    with StopSignals() as signals, Supervisor(
        signals, environment=os.environ, guarded=options["guarded"], first_pause=0.05
    ) as supervisor:
        try:
            grace = options["grace"]
            specs = [ChildSpec(name, [sys.executable, "-c", *words], grace) for name, *words in options["specs"]]
            supervisor.start(specs)
            supervisor.run()
        except StopRequested:
            pass
except SupervisorError as error:
    sys.exit(str(error))
"""
# Says its number in a file and, when it ends, its name in the order of endings.
POLITE = """
import os, signal, sys, time
from pathlib import Path
name, folder = sys.argv[1], Path(sys.argv[2])
def end(*_):
    with (folder / "endings").open("a") as file:
        file.write(name + "\\n")
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
(folder / f"{name}.draft").write_text(str(os.getpid()))
(folder / f"{name}.draft").replace(folder / name)
time.sleep(600)
"""
# Has a child that takes no notice of SIGTERM, as a busy pool process of a worker would.
PARENT = """
import os, subprocess, sys, time
from pathlib import Path
deaf = "import os, signal, sys, time; from pathlib import Path; signal.signal(signal.SIGTERM, signal.SIG_IGN);" \\
    "Path(sys.argv[1]).with_suffix('.draft').write_text(str(os.getpid()));" \\
    "Path(sys.argv[1]).with_suffix('.draft').replace(sys.argv[1]); time.sleep(600)"
subprocess.Popen([sys.executable, "-c", deaf, sys.argv[1]])
time.sleep(600)
"""
STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, lambda *_: print("asked", flush=True))
print("up", flush=True)
time.sleep(600)
"""
DYING = "import sys; sys.exit(5)"


@contextmanager
def supervised(*specs: tuple[str, ...], guarded: bool = True, grace: float = 2.0) -> Iterator[subprocess.Popen[str]]:
    """A process that supervises `specs`; at the end it and all below it are gone."""
    runner = run_python("-c", RUNNER, json.dumps({"specs": specs, "guarded": guarded, "grace": grace}))
    try:
        yield runner
    finally:
        below = descendants(runner.pid)
        runner.kill()
        runner.communicate()
        kill(below)


def written(file: Path) -> int:
    """The number in a file, once it is there."""
    until(file.exists)
    return int(file.read_text())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signal_stops_the_children_in_order_and_exits_with_0(tmp_path: Path, number: signal.Signals) -> None:
    names = ["web", "worker", "beat"]
    with supervised(*[(name, POLITE, name, str(tmp_path)) for name in names]) as runner:
        pids = [written(tmp_path / name) for name in names]

        runner.send_signal(number)

        assert finish(runner) == (0, "", "")
        assert all_gone(pids)
    assert (tmp_path / "endings").read_text().split() == names


def test_child_that_takes_no_notice_is_killed(tmp_path: Path) -> None:
    with supervised(("deaf", STUBBORN)) as runner:
        assert runner.stdout is not None
        assert runner.stdout.readline() == "up\n"
        below = descendants(runner.pid)

        runner.terminate()

        assert finish(runner)[0] == 0
        assert all_gone(below)


def test_second_signal_waits_for_nobody(tmp_path: Path) -> None:
    with supervised(("deaf", STUBBORN), grace=600.0) as runner:
        assert runner.stdout is not None
        assert runner.stdout.readline() == "up\n"
        below = descendants(runner.pid)

        runner.send_signal(signal.SIGINT)
        assert runner.stdout.readline() == "asked\n"
        runner.send_signal(signal.SIGINT)

        assert finish(runner) == (0, "", "")
        assert all_gone(below)


def test_dead_child_is_started_again(tmp_path: Path) -> None:
    with supervised(("web", POLITE, "web", str(tmp_path))) as runner:
        first = written(tmp_path / "web")
        kill([first])
        until(lambda: written(tmp_path / "web") != first)

        runner.terminate()

        code, out, _err = finish(runner)
    assert (code, out) == (0, "web died (exit code -9); starting it again in 0.05 s\n")


def test_child_that_keeps_dying_stops_everything(tmp_path: Path) -> None:
    with supervised(("web", POLITE, "web", str(tmp_path)), ("worker", DYING)) as runner:
        code, out, err = finish(runner)

    assert code == 1
    assert out.count("worker died") == 4
    assert err.startswith("worker died 5 times within 60 seconds (last exit code 5)")
    assert (tmp_path / "endings").read_text() == "web\n"


def test_what_a_dead_child_left_behind_goes_before_it_is_started_again(tmp_path: Path) -> None:
    with supervised(("worker", PARENT, str(tmp_path / "pool"))) as runner:
        pool = written(tmp_path / "pool")
        worker = next(pid for pid in descendants(runner.pid) if pool in descendants(pid))

        kill([worker])

        until(lambda: written(tmp_path / "pool") != pool)
        assert not alive(pool)


def test_kill_of_the_supervisor_leaves_no_grandchild(tmp_path: Path) -> None:
    with supervised(("worker", PARENT, str(tmp_path / "pool"))) as runner:
        pool = written(tmp_path / "pool")
        below = descendants(runner.pid)
        try:
            runner.kill()
            until(lambda: all_gone(below))
        finally:
            kill([pool])


def test_kill_of_the_supervisor_leaves_a_grandchild_without_the_guard(tmp_path: Path) -> None:
    with supervised(("worker", PARENT, str(tmp_path / "pool")), guarded=False) as runner:
        pool = written(tmp_path / "pool")
        others = [pid for pid in descendants(runner.pid) if pid != pool]
        try:
            runner.kill()
            until(lambda: all_gone(others))
            assert alive(pool)
        finally:
            kill([pool])


def test_kill_of_the_guard_as_well_leaves_no_child(tmp_path: Path) -> None:
    with supervised(("web", POLITE, "web", str(tmp_path))) as runner:
        written(tmp_path / "web")
        below = descendants(runner.pid)
        guard = [pid for pid in below if b"guard.py" in Path(f"/proc/{pid}/cmdline").read_bytes()]
        assert len(guard) == 1

        kill([*guard, runner.pid])

        until(lambda: all_gone(below))


def test_server_is_ready_only_when_it_answers() -> None:
    port = engines.free_port()
    with StopSignals() as signals, Supervisor(signals, environment=os.environ) as supervisor:
        assert not answers("127.0.0.1", port, "/")
        supervisor.start([ChildSpec("web", python("-m", "http.server", str(port), "--bind", "127.0.0.1"))])
        supervisor.wait_until(lambda: answers("127.0.0.1", port, "/"), seconds=30, otherwise="never")

        assert not answers("127.0.0.1", port, "/no-such-thing")
    assert not answers("127.0.0.1", port, "/")


def test_server_that_is_never_ready_is_one_sentence() -> None:
    with StopSignals() as signals, Supervisor(signals, environment=os.environ) as supervisor:
        supervisor.start([ChildSpec("web", python("-c", POLITE, "web", "/nowhere"))])
        with pytest.raises(SupervisorError, match="Not ready"):
            supervisor.wait_until(lambda: False, seconds=0.2, otherwise="Not ready.")


def test_failed_step_shows_the_end_of_its_log(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "step.log"
    refused = pytest.raises(SupervisorError, match=r"^Migrating failed \(exit code 3\).*step\.log\.$")
    with StopSignals() as signals, Supervisor(signals, environment=os.environ) as supervisor, refused:
        supervisor.step("Migrating", python("-c", "import sys; print('the reason'); sys.exit(3)"), log=log)

    assert capfd.readouterr().err == "the reason\n"


def test_good_step_is_silent(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with StopSignals() as signals, Supervisor(signals, environment={"A": "b"}) as supervisor:
        supervisor.step("Migrating", python("-c", "import os; print(os.environ['A'])"), log=tmp_path / "log")

    assert (tmp_path / "log").read_text() == "b\n"
    assert capfd.readouterr() == ("", "")


def test_command_that_cannot_be_started_is_one_sentence() -> None:
    refused = pytest.raises(SupervisorError, match="web cannot be started")
    with StopSignals() as signals, Supervisor(signals, environment=os.environ) as supervisor, refused:
        supervisor.start([ChildSpec("web", ["/no/such/program"])])


def test_up_on_a_taken_port_is_one_sentence_and_starts_nothing(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        code, out, err = finish(run_python("manage.py", "up", "--port", port, "--data", tmp_path / "data"))

    assert (code, out) == (1, "")
    assert err == (
        f"Port {port} of 127.0.0.1 is in use by another program: stop it, or choose another port with --port.\n"
    )
    assert not (tmp_path / "data").exists()


def test_supervisor_and_engines_know_no_django() -> None:
    script = "import sys, hotline.engines.__main__, hotline.supervisor; sys.exit('django' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", script], check=False, timeout=60).returncode == 0
