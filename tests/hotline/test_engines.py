"""The embedded engines, as real processes."""

import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from hotline import engines
from hotline.engines import identity
from tests.hotline.processes import alive, all_gone, finish, kill, run_python, until, without_engines

HOLDER = """
import sys, time
from pathlib import Path
from hotline import engines
running = engines.start(Path(sys.argv[1]), durable=False, die_with_parent=sys.argv[2] == "guarded")
print(*running.pids, flush=True)
time.sleep(600)
"""


def start(data: Path) -> engines.Engines:
    return engines.start(data, durable=False, environ=without_engines())


def hold(data: Path, how: str) -> tuple[subprocess.Popen[str], list[int]]:
    """A process that started engines and waits; and the engines' numbers."""
    holder = run_python("-c", HOLDER, data, how)
    assert holder.stdout is not None
    pids = [int(word) for word in holder.stdout.readline().split()]
    assert len(pids) == 2
    return holder, pids


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("engines") / "a directory, with spaces"


@pytest.fixture(scope="module")
def running(data: Path) -> Iterator[engines.Engines]:
    with start(data) as running:
        yield running


@pytest.fixture(scope="module")
def owner(running: engines.Engines) -> Iterator[psycopg.Connection]:
    with psycopg.connect(running.database_owner_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE thing (name text)")
        connection.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON thing TO hotline_app")
        yield connection


@pytest.fixture
def app(running: engines.Engines, owner: psycopg.Connection) -> Iterator[psycopg.Connection]:
    with psycopg.connect(running.database_url, autocommit=True) as connection:
        yield connection


def test_neither_role_is_more_than_it_should_be(owner: psycopg.Connection) -> None:
    rows = owner.execute(
        "SELECT rolname, rolcanlogin, rolsuper, rolcreatedb, rolcreaterole, rolbypassrls FROM pg_roles"
        " WHERE rolname LIKE 'hotline%' ORDER BY 1"
    ).fetchall()

    assert rows == [
        ("hotline_app", True, False, False, False, False),
        ("hotline_owner", True, False, True, False, False),
    ]


@pytest.mark.parametrize(
    "statement",
    ["CREATE TABLE mine (id int)", "CREATE TEMP TABLE mine (id int)", "CREATE SCHEMA mine", "TRUNCATE thing",
     "DROP TABLE thing", "ALTER TABLE thing ADD COLUMN mine int", "CREATE EXTENSION hstore", "SET ROLE hotline_owner"],
)  # fmt: skip
def test_app_role_is_refused(app: psycopg.Connection, statement: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        app.execute(statement)


def test_app_role_uses_what_it_is_granted(app: psycopg.Connection) -> None:
    app.execute("INSERT INTO thing VALUES ('bread')")

    assert app.execute("DELETE FROM thing RETURNING name").fetchall() == [("bread",)]


def test_owner_owns_the_schema_of_a_test_database_too(running: engines.Engines, owner: psycopg.Connection) -> None:
    owner.execute("CREATE DATABASE test_of_roles")
    url = running.database_owner_url.removesuffix("hotline") + "test_of_roles"
    with psycopg.connect(url, autocommit=True) as inside:
        inside.execute("CREATE EXTENSION pg_trgm")
        inside.execute("CREATE TABLE fine (id int)")
    stranger = psycopg.connect(running.database_url.removesuffix("hotline") + "test_of_roles")
    with stranger, pytest.raises(psycopg.errors.InsufficientPrivilege):
        stranger.execute("CREATE TABLE mine (id int)")
    owner.execute("DROP DATABASE test_of_roles")


def test_cyrillic_is_understood(owner: psycopg.Connection) -> None:
    owner.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    owner.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")

    row = owner.execute(
        "SELECT lower('Ж'), upper('ґєії'), 'ЖИТОМИР' ILIKE 'житомир', 'Краматорськ' % 'краматорск'"
    ).fetchone()

    assert row == ("ж", "ҐЄІЇ", True, True)


def test_only_loopback_is_listened_on(running: engines.Engines) -> None:
    ports = {f"{int(url.rsplit(':', 1)[1].split('/')[0]):04X}" for url in (running.database_url, running.redis_url)}
    lines = Path("/proc/net/tcp").read_text().splitlines() + Path("/proc/net/tcp6").read_text().splitlines()
    listening = [line.split()[1].split(":") for line in lines if line.split()[3] == "0A"]

    assert {address for address, port in listening if port in ports} == {"0100007F"}


def test_database_is_durable_unless_told_otherwise(tmp_path: Path) -> None:
    names = ["fsync", "synchronous_commit", "full_page_writes", "data_checksums", "max_connections"]
    with (
        engines.start(tmp_path, environ=without_engines()) as durable,
        psycopg.connect(durable.database_url) as connection,
    ):
        shown = [connection.execute("SELECT current_setting(%s)", [name]).fetchone() for name in names]

    assert shown == [("on",), ("on",), ("on",), ("on",), ("200",)]


def test_redis_needs_its_password_and_never_evicts(running: engines.Engines) -> None:
    with redis.Redis.from_url(running.redis_url, decode_responses=True) as client:
        assert client.config_get("maxmemory-policy")["maxmemory-policy"] == "noeviction"
        assert client.config_get("appendonly")["appendonly"] == "yes"
    port = int(running.redis_url.rsplit(":", 1)[1].split("/")[0])
    with redis.Redis("127.0.0.1", port) as stranger, pytest.raises(redis.AuthenticationError):
        stranger.ping()


def test_passwords_and_secrets_are_private(running: engines.Engines) -> None:
    files = [running.data / "passwords.json", running.data / "secrets.json"]

    assert [stat.S_IMODE(file.stat().st_mode) for file in files] == [0o600, 0o600]
    assert stat.S_IMODE(running.data.stat().st_mode) == 0o700


def test_passwords_show_in_no_list_of_processes(running: engines.Engines) -> None:
    shown = b"".join(
        Path(f"/proc/{pid}/{what}").read_bytes() for pid in running.pids for what in ("cmdline", "environ")
    )
    words = [url.split("@")[0].rsplit(":", 1)[1] for url in (running.database_url, running.redis_url)]

    assert [word for word in words if word.encode() in shown] == []


def test_second_start_keeps_rows_and_secrets(tmp_path: Path) -> None:
    with start(tmp_path) as first:
        with psycopg.connect(first.database_owner_url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 'ґанок' AS word")
        redis.Redis.from_url(first.redis_url).set("kept", "yes")
        pids = first.pids
    assert all_gone(pids)

    with start(tmp_path) as second:
        with psycopg.connect(second.database_owner_url) as connection:
            assert connection.execute("SELECT word FROM kept").fetchall() == [("ґанок",)]
        assert redis.Redis.from_url(second.redis_url).get("kept") == b"yes"
        assert second.secrets == first.secrets
        assert set(second.secrets) == {"HOTLINE_SECRET_KEY", "HOTLINE_DATA_KEYS", "HOTLINE_INDEX_KEYS"}


def test_kill_of_the_runner_leaves_no_orphan_and_the_next_start_works(tmp_path: Path) -> None:
    holder, pids = hold(tmp_path, "guarded")
    try:
        holder.kill()
        finish(holder)
        with start(tmp_path) as running:  # at once: it waits for the engines that are still ending
            assert all_gone(pids)
            assert psycopg.connect(running.database_url).execute("SELECT 1").fetchone() == (1,)
    finally:
        kill(pids)


def test_kill_of_the_runner_leaves_orphans_without_the_guard(tmp_path: Path) -> None:
    holder, pids = hold(tmp_path, "unguarded")
    try:
        holder.kill()
        finish(holder)
        assert [alive(pid) for pid in pids] == [True, True]
    finally:
        kill(pids)
    until(lambda: all_gone(pids))


def test_postmaster_pid_of_somebody_else_is_no_obstacle(tmp_path: Path) -> None:
    start(tmp_path).stop()
    pid_file = tmp_path / "postgres" / "postmaster.pid"
    sleeper = subprocess.Popen(["sleep", "600"])
    try:
        pid_file.write_text(f"{sleeper.pid}\n{tmp_path / 'postgres'}\n")
        with start(tmp_path) as running:
            assert all(alive(pid) for pid in running.pids)
    finally:
        sleeper.kill()
        sleeper.wait()


def test_data_directory_in_use_is_refused(running: engines.Engines) -> None:
    code, out, err = finish(run_python("-m", "hotline.engines", "--data", running.data, "--", "true"))

    assert (code, out) == (1, "")
    assert_one_sentence(err, "in use by another start", "--data")


def test_engine_that_is_killed_can_be_launched_again(tmp_path: Path) -> None:
    with start(tmp_path) as running:
        for part in running.parts:
            assert part.process is not None
            part.process.kill()
            part.process.wait()
            part.launch()
        until(lambda: reachable(running))


def reachable(running: engines.Engines) -> bool:
    try:
        psycopg.connect(running.database_url).close()
        return bool(redis.Redis.from_url(running.redis_url).ping())
    except (psycopg.Error, redis.RedisError):
        return False


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")
def test_root_without_user_namespaces_runs_as_an_ordinary_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(inner_uid: int, inner_gid: int) -> identity.Demotion:
        def demote() -> None:
            raise PermissionError

        return demote

    closed = tmp_path / "closed"  # to everybody but root, as /root is
    closed.mkdir(mode=0o700)
    start(closed / "data").stop()  # made as root, then taken over
    monkeypatch.setattr(identity, "_namespace", forbidden)
    with start(closed / "data") as running:
        user = Path(f"/proc/{running.pids[0]}").stat().st_uid
        assert user != 0
        assert (closed / "data" / "postgres").stat().st_uid == user
        assert psycopg.connect(running.database_url).execute("SELECT 1").fetchone() == (1,)
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


def test_given_addresses_pass_through_and_start_nothing(running: engines.Engines, tmp_path: Path) -> None:
    given = {"DATABASE_URL": running.database_url, "REDIS_URL": running.redis_url, "HOTLINE_SECRET_KEY": "given"}
    with start_with(tmp_path, given) as other:
        assert other.pids == []
        assert other.environment() == {
            "DATABASE_URL": running.database_url,
            "DATABASE_OWNER_URL": running.database_url,
            "REDIS_URL": running.redis_url,
        }
        assert set(other.secrets) == {"HOTLINE_DATA_KEYS", "HOTLINE_INDEX_KEYS"}


def test_address_given_as_a_file_passes_through(running: engines.Engines, tmp_path: Path) -> None:
    file = tmp_path / "url"
    file.write_text(f"{running.database_url}\n")
    given = {"DATABASE_URL_FILE": str(file), "REDIS_URL": running.redis_url}
    with start_with(tmp_path / "data", given) as other:
        assert other.database_url == running.database_url


def start_with(data: Path, given: dict[str, str]) -> engines.Engines:
    return engines.start(data, environ=without_engines() | given)


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({"PG_BINDIR": "/nowhere"}, "PG_BINDIR=/nowhere"),
        ({"VALKEY_SERVER": "/nowhere"}, "VALKEY_SERVER=/nowhere"),
        ({"DATABASE_URL": "postgresql://me:hidden@127.0.0.1:1/x"}, "DATABASE_URL does not answer"),
        ({"DATABASE_URL": "mysql://me:hidden@127.0.0.1/x"}, "DATABASE_URL is not a PostgreSQL address"),
        ({"DATABASE_URL": "postgresql://me:hidden@127.0.0.1:port/x"}, "DATABASE_URL is not a PostgreSQL address"),
        ({"DATABASE_URL_FILE": "/nowhere"}, "DATABASE_URL_FILE=/nowhere"),
        ({"REDIS_URL": "redis://:hidden@127.0.0.1:1/0"}, "REDIS_URL does not answer"),
        ({"REDIS_URL": "http://127.0.0.1/"}, "REDIS_URL is not a Redis address"),
    ],
)
def test_wrong_setting_is_one_sentence(tmp_path: Path, environment: dict[str, str], says: str) -> None:
    runner = run_python("-m", "hotline.engines", "--fast", "--data", tmp_path, "--", "true", environment=environment)
    code, out, err = finish(runner)

    assert (code, out) == (1, "")
    assert_one_sentence(err, says)
    assert "hidden" not in err


def test_missing_command_is_one_sentence(tmp_path: Path) -> None:
    code, _out, err = finish(run_python("-m", "hotline.engines", "--fast", "--data", tmp_path, "--", "/no/such"))

    assert code == 1
    assert_one_sentence(err, "/no/such")


def test_unusable_directory_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    code, _out, err = finish(run_python("-m", "hotline.engines", "--data", tmp_path / "file" / "data", "--", "true"))

    assert code == 1
    assert_one_sentence(err, "cannot be used", "--data")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_unwritable_directory_is_one_sentence(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    code, _out, err = finish(run_python("-m", "hotline.engines", "--data", tmp_path / "data", "--", "true"))

    assert code == 1
    assert_one_sentence(err, "cannot be written", "--data")


def test_data_of_another_version_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "PG_VERSION").write_text("13\n")
    code, _out, err = finish(run_python("-m", "hotline.engines", "--data", tmp_path, "--", "true"))

    assert code == 1
    assert_one_sentence(err, "made by PostgreSQL 13")


def test_lost_passwords_are_one_sentence(tmp_path: Path) -> None:
    start(tmp_path).stop()
    (tmp_path / "passwords.json").unlink()
    code, _out, err = finish(run_python("-m", "hotline.engines", "--data", tmp_path, "--", "true"))

    assert code == 1
    assert_one_sentence(err, "passwords.json does not fit")


def test_port_in_use_is_one_sentence() -> None:
    refused = pytest.raises(engines.EngineError, match=r"is in use by another program.*--port")
    with socket.create_server(("127.0.0.1", 0)) as taken, refused as refusal:
        engines.require_free_port("127.0.0.1", taken.getsockname()[1])
    assert_one_sentence(str(refusal.value) + "\n")


def test_command_gets_the_environment_and_its_code_is_ours() -> None:
    script = "import os, sys; print(*sorted(n for n in os.environ if n.startswith(('DATABASE', 'REDIS', 'HOTLINE'))));"
    runner = run_python("-m", "hotline.engines", "--fast", "--", sys.executable, "-c", script + "sys.exit(7)")

    code, out, err = finish(runner)

    assert (code, err) == (7, "")
    assert out.split() == [
        "DATABASE_OWNER_URL", "DATABASE_URL",
        "HOTLINE_DATA_KEYS", "HOTLINE_INDEX_KEYS", "HOTLINE_SECRET_KEY", "REDIS_URL",
    ]  # fmt: skip


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_is_passed_on_to_the_command(tmp_path: Path, number: signal.Signals) -> None:
    script = (
        "import signal, sys, time; signal.signal(int(sys.argv[1]), lambda *_: sys.exit(9));"
        "print('up', flush=True); time.sleep(600)"
    )
    command = ["--", sys.executable, "-c", script, str(int(number))]
    runner = run_python("-m", "hotline.engines", "--fast", "--data", tmp_path, *command)
    assert runner.stdout is not None
    assert runner.stdout.readline() == "up\n"

    runner.send_signal(number)

    assert finish(runner)[0] == 9
    assert not (tmp_path / "postgres" / "postmaster.pid").exists()


def assert_one_sentence(text: str, *says: str) -> None:
    """One line, without a traceback, that says what it should and ends like a sentence."""
    assert text.count("\n") == 1, text
    assert text.endswith(".\n"), text
    assert [word for word in says if word not in text] == [], text
