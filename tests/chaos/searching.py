"""Look for a few words in everything a system keeps: its tables, its files, its broker, in every usual spelling."""

import base64
import json
import re
from collections.abc import Iterator
from urllib.parse import quote

from django.contrib.sessions.serializers import JSONSerializer
from django.core import signing

from chaos.system import System

HEX = re.compile(r"\\\\?x((?:[0-9a-f]{2}){4,})")
BASE64 = re.compile(rb"[A-Za-z0-9+/]{24,}={0,2}")
SESSION_SALT = "django.contrib.sessions.SessionStore"


def spellings(word: str) -> set[bytes]:
    """The bytes a word may be found as."""
    escaped = json.dumps(word)[1:-1]
    texts = {word, escaped, escaped.replace("\\", "\\\\"), quote(word), quote(word, safe="@+"), word.replace(" ", "+")}
    return {text.encode() for text in texts} | {word.encode("utf-16-le"), word.encode("utf-16-be")}


def found(words: dict[str, str], places: Iterator[tuple[str, bytes]]) -> set[tuple[str, str]]:
    """(which word, where) for every word that shows somewhere."""
    wanted = [(name, spelling) for name, word in words.items() for spelling in spellings(word)]
    return {(name, where) for where, content in places for name, spelling in wanted if spelling in content}


def everywhere(system: System) -> Iterator[tuple[str, bytes]]:
    """(where, bytes) of everything that could be copied from the machine."""
    yield from tables(system)
    yield from sessions(system)
    yield from broker(system)
    for path in system.data.rglob("*"):
        if path.is_file():
            yield f"file {path.relative_to(system.data)}", path.read_bytes()


def tables(system: System) -> Iterator[tuple[str, bytes]]:
    """Every row of every table as text, and every binary value in it as bytes."""
    with system.database() as connection:
        names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        for (name,) in names:
            text = "\n".join(row for (row,) in connection.execute(f'SELECT row_to_json(t)::text FROM "{name}" t'))
            yield f"table {name}", text.encode()
            yield f"binary values of {name}", b"\n".join(bytes.fromhex(value) for value in HEX.findall(text))


def sessions(system: System) -> Iterator[tuple[str, bytes]]:
    """What is inside the signed and packed sessions."""
    key = system.environment["HOTLINE_SECRET_KEY"]
    for (data,) in system.rows("SELECT session_data FROM django_session"):
        content = signing.loads(data, key=key, salt=SESSION_SALT, serializer=JSONSerializer)
        yield "session", json.dumps(content, ensure_ascii=False).encode()


def broker(system: System) -> Iterator[tuple[str, bytes]]:
    """Every key of the broker with its value, and what is packed in base64 in it."""
    with system.broker() as client:
        for key in client.keys("*"):
            match client.type(key):
                case b"string":
                    values = [client.get(key)]
                case b"list":
                    values = client.lrange(key, 0, -1)
                case b"hash":
                    values = [part for pair in client.hgetall(key).items() for part in pair]
                case b"zset":
                    values = client.zrange(key, 0, -1)
                case _:
                    values = list(client.smembers(key))
            content = b"\n".join([key, *values])
            packed = [base64.b64decode(part + b"=" * (-len(part) % 4)) for part in BASE64.findall(content)]
            yield f"broker {key!r}", b"\n".join([content, *packed])
