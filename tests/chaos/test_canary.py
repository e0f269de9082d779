"""Names, numbers and notes that went through failures of every kind are readable nowhere afterwards."""

from urllib.parse import quote

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from chaos.desk_client import Browser, typed
from chaos.searching import everywhere, found
from chaos.system import PASSWORD, System, running
from chaos.waiting import until

pytestmark = [pytest.mark.chaos, pytest.mark.alone]

CANARIES = {
    "name": "Жовтоперова",
    "alias": "Канарейкин Лже",
    "address": "улица Щегольская 7731",
    "destination": "Кенаровск",
    "note": "поёт по ночам №7731",
    "mail": "kenar.7731@refused.example.org",
    "number": "9150007731",
    "number as said": "915 000-77-31",
    "password": "kenar-pass-phrase-7731",
    "login": "kenar.who.is.nobody",
    "search": "Щегловка-за-рекой",
    "gateway token": "kenar-token-7731",
}
PLAIN = {"channel": "phone", "number": "+7 915 000-77-31", "text_ok": "yes"}


@pytest.fixture(scope="module")
def gateway():
    """An SMS gateway that fails first and refuses afterwards."""
    answers = [500, 403]
    with HTTPServer(host="127.0.0.1") as server:
        server.expect_request(f"/{CANARIES['gateway token']}").respond_with_handler(
            lambda request: Response(f"no, {request.get_data(as_text=True)}", answers.pop(0) if answers else 403)
        )
        yield server


@pytest.fixture(scope="module")
def system(tmp_path_factory, gateway):
    token = CANARIES["gateway token"]
    url = f"http://127.0.0.1:{gateway.port}/{token}?token={token}"
    with running(tmp_path_factory.mktemp("system"), SMS_GATEWAY_URL=url, HOTLINE_LOG_LEVEL="INFO") as whole:
        whole.post_office.refuses.add(CANARIES["mail"])
        yield whole


def call(**changes: str) -> dict[str, str]:
    """A call full of canaries."""
    return (
        typed(2, changes.pop("key", "k"))
        | {
            "people": f"{CANARIES['name']} Ганна ж 81",
            "alias": CANARIES["alias"],
            "address": CANARIES["address"],
            "destination": CANARIES["destination"],
            "notes": CANARIES["note"],
        }
        | PLAIN
        | changes
    )


def message_states(system: System) -> set[tuple[str, str]]:
    return set(system.rows("SELECT status, error_code FROM cases_message WHERE reach_id IS NOT NULL"))


class Without:
    """A table that is not there for a while: everything that needs it fails in earnest."""

    def __init__(self, system: System, table: str) -> None:
        self.system, self.table = system, table

    def __enter__(self) -> None:
        self._rename(self.table, f"{self.table}_gone")

    def __exit__(self, *_: object) -> None:
        self._rename(f"{self.table}_gone", self.table)

    def _rename(self, old: str, new: str) -> None:
        with self.system.database() as connection:
            connection.execute(f"ALTER TABLE {old} RENAME TO {new}")


def decided_on_the_pair(system: System, operator: Browser) -> None:
    """Both calls named one woman: the machine found it, and a coordinator opens both, merges them and takes it back."""
    known = operator.ask("POST", "/desk/known/", call(number="+7 915 000-99-99"))
    assert known[0] == 200 and "data-continue" in known[2] and CANARIES["name"] not in known[2]
    until(lambda: system.value("SELECT count(*) FROM cases_match") == 1, what="the pair")
    room = Browser(system.port)
    room.sign_in("taras", PASSWORD)
    pair = f"/admin/cases/match/{system.value('SELECT id FROM cases_match')}"
    opened = room.ask("POST", f"{pair}/open/", {})
    assert opened[0] == 200 and CANARIES["name"] in opened[2]
    with Without(system, "cases_mergemove"):
        assert room.ask("POST", f"{pair}/merge/", {})[0] == 500
    assert room.ask("POST", f"{pair}/merge/", {})[0] == 302
    assert room.ask("POST", f"/admin/cases/merge/{system.value('SELECT id FROM cases_merge')}/undo/", {})[0] == 302
    assert system.value("SELECT count(*) FROM cases_mergemove") > 0


@pytest.fixture(scope="module")
def after_every_failure(system: System):
    """The system after each kind of failure was met with canaries in hand."""
    browser = Browser(system.port)
    browser.sign_in("olena", PASSWORD)
    stranger = Browser(system.port)
    with pytest.raises(AssertionError):
        stranger.sign_in(CANARIES["login"], CANARIES["password"])

    assert browser.ask("POST", "/desk/", call(key="mail", channel="email", number=CANARIES["mail"]))[0] == 302
    assert browser.ask("POST", "/desk/", call(key="text"))[0] == 302
    until(lambda: ("dead", "smtp_550") in message_states(system), what="the refused letter")
    until(lambda: ("queued", "gateway_500") in message_states(system), what="the failed text")
    # A job that fails in earnest, with the number already opened for sending.
    with Without(system, "cases_disclosure"):
        system.rows("UPDATE cases_job SET due_at = now() WHERE kind = 'message' AND state = 'waiting' RETURNING id")
        # The machine weighing who is who may fail here too: the message is what is waited for.
        failed = "SELECT count(*) FROM cases_job WHERE kind = 'message' AND error_code = 'ProgrammingError'"
        until(lambda: system.value(failed) >= 1, what="the failed job")
    system.rows("UPDATE cases_job SET due_at = now() WHERE kind = 'message' AND state = 'waiting' RETURNING id")
    until(lambda: ("dead", "gateway_403") in message_states(system), what="the refused text")

    decided_on_the_pair(system, browser)
    refused = browser.ask("POST", "/desk/", call(key="form", disposition="", headcount=CANARIES["note"]))
    assert refused[0] == 422 and CANARIES["name"] in refused[2]
    assert browser.ask("POST", "/desk/", call(key="text", notes="another body"))[0] == 409
    for table, method, path, form in (
        ("cases_call", "POST", "/desk/", call(key="crash")),
        ("cases_indextoken", "POST", "/desk/known/", call()),
        ("cases_place", "GET", f"/desk/settlements/?q={quote(CANARIES['search'])}", None),
    ):
        with Without(system, table):
            status, _, page = browser.ask(method, path, form)
        assert status == 500 and not found(CANARIES, iter([("the error page", page.encode())]))
    return system


def test_no_canary_is_readable_anywhere(after_every_failure):
    system = after_every_failure
    assert "ProgrammingError" in system.log_of("worker") and "ProgrammingError" in system.log_of("web")
    assert found(CANARIES, everywhere(system)) == set()


def test_the_same_search_finds_a_canary_in_clear(system):
    """The negative control: one word in a table, the broker, a session and a log."""
    word = {"word": "Чижиков 7731 в открытую"}
    with system.database() as connection:
        connection.execute("CREATE TABLE careless (note text, packed bytea)")
        connection.execute("INSERT INTO careless VALUES (%s, %s)", [word["word"], word["word"].encode()])
    with system.broker() as client:
        client.set("careless", word["word"])
    (system.data / "log" / "careless.log").write_text(f"failed for {word['word']}")
    places = {where for _, where in found(word, everywhere(system))}
    with system.database() as connection:
        connection.execute("DROP TABLE careless")
    assert {"table careless", "binary values of careless", "broker b'careless'", "file log/careless.log"} <= places
    assert any(where.startswith("file postgres/pg_wal/") for where in places)
    assert any(where.startswith("file valkey/") for where in places)
