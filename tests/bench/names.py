"""A million people, and one of them is looked for: by name, by number, and as a plain database would.

The names are invented. They lie sealed as in the product, with their digests beside them, and once more in clear, in
a table of the benchmark's own, for PostgreSQL's pg_trgm to look through.
"""

import os
import random
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from statistics import median, quantiles
from typing import Any

from tests.bench.database import own_database

PEOPLE = int(os.environ.get("BENCH_PEOPLE", "1000000"))
HOUSEHOLD = 5
NUMBERS = 100_000  # of them, so many households have a number
LOOKED_FOR, TRIGRAM_LOOKS, SLIPS, ONLINE = 400, 60, 2_000, 5_000
ROOTS = (
    "Авер Бабен Бойч Бондар Ват Вороб Гавр Голуб Гонч Горб Григор Гриц Губ Дан Дворник Дем Довж Дороф Дуб Ем Ерем Жур "
    "Зай Зах Иващ Игнат Ильч Кал Каш Кир Клим Кобз Ковал Козл Кол Кондрат Корн Кост Кравч Крив Кузнец Кулик Лавр Лаг "
    "Лебед Левч Лис Лит Лук Маз Макар Марч Мат Мельн Мир Миш Мороз Назар Нестер Никит Овчар Онищ Остап Павл Панас Пил "
    "Плот Полищ Пономар Поп Прокоп Рев Род Ром Рыб Сав Сам Семен Серг Сид Симон Скрип Собол Сорок Степан Сухар Тарас "
    "Тер Тимош Ткач Третьяк Удов Ус Федор Фил Хар Хвост Хом Цыб Чеб Черн Чуб Шап Шевч Шев Шил Шкур Щерб Юр Яков Яр Яхн"
).split()
ENDINGS = "ов ева енко ук чук ский ин ич ец ик ой ко ака юк ень".split()


class Crowd:
    """Invented people, the same in every run."""

    def __init__(self) -> None:
        from cases.privacy import names

        self.dice = random.Random(4)
        self.surnames = [root + ending for root in ROOTS for ending in ENDINGS]
        rows = names.seed_file().read_text("utf-8").splitlines()[1:]
        given = [row.split(",") for row in rows]
        self.given = [(sex, spelled.split()) for _key, sex, spelled in given]
        self.fathers = [spelled[0] for sex, spelled in self.given if sex == "m"]

    def one(self) -> tuple[str, str, str, str]:
        """(surname, given name, patronymic, birth year): few names are common, many are rare."""
        dice = self.dice
        surname = self.surnames[int(len(self.surnames) * dice.random() ** 1.6)]
        sex, spelled = self.given[int(len(self.given) * dice.random() ** 2)]
        father = self.fathers[int(len(self.fathers) * dice.random() ** 2)].rstrip("йьаяо")
        patronymic = f"{father}{'ович' if sex == 'm' else 'овна'}"
        return surname, spelled[0], patronymic, str(dice.randrange(1930, 2024))

    def slipped(self, word: str) -> str:
        """One letter dropped, doubled, changed, or two swapped; the first stays, as it does for whoever listens."""
        at = self.dice.randrange(1, len(word))
        kind = self.dice.randrange(4)
        if kind == 0:
            return word[:at] + word[at + 1 :]
        if kind == 1:
            return word[:at] + word[at] + word[at:]
        if kind == 2:
            return word[:at] + self.dice.choice("абвгдеиклмнопрстуя") + word[at + 1 :]
        return word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :] if at > 1 else word[:at] + word[at + 1 :]


def load(crowd: Crowd) -> list[tuple[int, tuple[str, str, str, str]]]:
    """Fill the tables as the owner, sealed as the product seals; returns (data key, names) of everybody."""
    import psycopg
    from django.utils import timezone

    now = timezone.now()
    households = PEOPLE // HOUSEHOLD
    everybody = []
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
        tables = "datakey household case person contactpoint caller reach tie".split()
        for table in tables:
            owner.execute(f"ALTER TABLE cases_{table} DISABLE TRIGGER USER")
        place = owner.execute("SELECT id FROM cases_place WHERE kind = 'settlement' LIMIT 1").fetchone()[0]  # type: ignore[index]
        first = {"key": 1_000_000, "row": 1_000_000}
        _copy(owner, "datakey", [_key(first["key"] - 1, now)[1]])
        _copy(owner, "household", _households(first["row"], households, now, place))
        _copy(owner, "case", _cases(first["row"], households, now))
        people, keys = [], []
        for number in range(PEOPLE):
            names = crowd.one()
            key, person = _person(first["key"] + number, first["row"] + number, names, households, now)
            keys.append(key)
            people.append(person)
            everybody.append((first["key"] + number, names))
            if len(keys) == 50_000 or number == PEOPLE - 1:
                _copy(owner, "datakey", keys)
                _copy(owner, "person", people)
                people, keys = [], []
                print(f"\r{number + 1:>10,} people sealed", end="", flush=True)
        _numbers(owner, min(NUMBERS, households), first, now)
        for table in tables:
            owner.execute(f"ALTER TABLE cases_{table} ENABLE TRIGGER USER")
        owner.execute("ANALYZE")
    print()
    return everybody


def _copy(owner: Any, table: str, rows: Any) -> None:
    rows = iter(rows)
    head = next(rows)
    with owner.cursor().copy(f"COPY cases_{table} ({', '.join(head)}) FROM STDIN") as copy:
        copy.write_row(list(head.values()))
        for row in rows:
            copy.write_row(list(row.values()))


def _row(pk: int, now: Any, **values: Any) -> dict[str, Any]:
    return {"id": pk, "uid": uuid.uuid4(), "version": 0, "created_at": now, **values}


def _key(pk: int, now: Any) -> tuple[Any, dict[str, Any]]:
    from cases.models import DataKey

    key = DataKey.fresh()
    return key, _row(pk, now, ring_key=key.ring_key, wrapped=key.wrapped) | {"uid": key.uid}


def _households(first: int, count: int, now: Any, place: int) -> Iterator[dict[str, Any]]:
    for number in range(count):
        yield _row(
            first + number, now, kind="family", settlement_id=place, in_cellar=False, cannot_reach_point=False,
            protected=False, data_key_id=999_999,
        )  # fmt: skip


def _cases(first: int, count: int, now: Any) -> Iterator[dict[str, Any]]:
    ended = now - timedelta(days=2)
    for number in range(count):
        yield _row(
            first + number, now, ref=f"{10_000_000 + number}", household_id=first + number, status="closed",
            priority="P4", points=0, red_key=False, overridden=False, unassigned_why="{}", close_reason="helped",
            opened_at=ended, closed_at=ended,
        )  # fmt: skip


def _person(key_id: int, pk: int, names: tuple[str, ...], households: int, now: Any) -> tuple[Any, Any]:
    from cases.privacy import cipher

    key, key_row = _key(key_id, now)
    row = _row(
        pk, now, household_id=1_000_000 + (pk - 1_000_000) % households, data_key_id=key_id, sex="", age_band="",
        mobility="", fit_to_travel="unknown", presence="with_household", on_site=True,
    )  # fmt: skip
    for column, said in zip(("surname", "given_name", "patronymic", "birth"), names, strict=True):
        row[column] = cipher.seal_text(key.plain(), said, f"cases_person.{column}:{row['uid']}")
    return key_row, row


def _numbers(owner: Any, count: int, first: dict[str, int], now: Any) -> None:
    from cases.privacy import blind, cipher

    keys, contacts, callers, reaches, ties = [], [], [], [], []
    for number in range(count):
        key_id, pk = first["key"] + PEOPLE + number, first["row"] + number
        key, key_row = _key(key_id, now)
        contact = _row(pk, now, kind="phone", country="RU", index_key=blind.active_key(), data_key_id=key_id)
        contact["digest"] = blind.digest("phone", number_of(number))
        contact["address"] = cipher.seal_text(
            key.plain(), number_of(number), f"cases_contactpoint.address:{contact['uid']}"
        )
        keys.append(key_row)
        contacts.append(contact)
        callers.append(_row(pk, now, language="ru", data_key_id=key_id))
        reaches.append(
            _row(
                pk, now, caller_id=pk, contact_id=pk, mode="voice", text_ok=False, phone_may_be_searched=True,
                neutral_opening=True, no_voicemail=True,
            )
        )  # fmt: skip
        ties.append(
            _row(
                pk, now, caller_id=pk, household_id=pk, relation="self", on_site=True, may_hear=False, may_decide=False,
                verified_how="opened", word_tries=0, code_word="",
            )
        )  # fmt: skip
    for table, rows in {
        "datakey": keys,
        "contactpoint": contacts,
        "caller": callers,
        "reach": reaches,
        "tie": ties,
    }.items():
        _copy(owner, table, rows)


def number_of(number: int) -> str:
    return f"+7915{number:07d}"


def index(everybody: list[tuple[int, tuple[str, ...]]]) -> None:
    """The digests of everybody, copied in, and the index over them; then what the product does online."""
    import psycopg

    from cases.domain import naming
    from cases.models import IndexToken

    made, seconds = 0, 0.0
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
        owner.execute("DROP INDEX index_token_lookup")
        for at in range(0, len(everybody), 50_000):
            begun = time.perf_counter()
            rows = list(naming._rows(((key, " ".join(said[:3])) for key, said in everybody[at : at + 50_000]), "name"))
            seconds += time.perf_counter() - begun
            made += sum(len(row.digests) for row in rows)
            with owner.cursor().copy(
                "COPY cases_indextoken (data_key_id, kind, index_key, scheme, digests) FROM STDIN"
            ) as copy:
                for row in rows:
                    copy.write_row((row.data_key_id, row.kind, row.index_key, row.scheme, row.digests))
        begun = time.perf_counter()
        owner.execute("SET maintenance_work_mem = '256MB'")
        owner.execute("CREATE INDEX index_token_lookup ON cases_indextoken USING gin (digests) WITH (fastupdate = off)")
        built = time.perf_counter() - begun
        owner.execute("ANALYZE cases_indextoken")
        size, of_index = owner.execute(
            "SELECT pg_table_size('cases_indextoken'), pg_relation_size('index_token_lookup')"
        ).fetchone()  # type: ignore[misc]
    count, table, tree = len(everybody), size / 2**20, of_index / 2**20
    print(f"digests of names              {count / seconds:8,.0f} names/s, {made / count:.1f} digests each")
    print(f"index over {count:>9,} names     {built:8.1f} s   table {table:.0f} MB, index {tree:.0f} MB")
    IndexToken.objects.filter(data_key__in=[key for key, _said in everybody[:ONLINE]]).update(scheme="old")
    begun = time.perf_counter()
    for _done in naming.reindex():
        pass
    print(f"indexed again, online         {min(ONLINE, len(everybody)) / (time.perf_counter() - begun):8,.0f} names/s")


def trigrams(everybody: list[tuple[int, tuple[str, ...]]]) -> None:
    """The same names in clear, with PostgreSQL's own index for likeness."""
    import psycopg

    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
        owner.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        owner.execute("CREATE TABLE bench_clear (id bigint, name text)")
        with owner.cursor().copy("COPY bench_clear (id, name) FROM STDIN") as copy:
            for key, said in everybody:
                copy.write_row((key, " ".join(said[:3]).lower()))
        owner.execute("CREATE INDEX ON bench_clear USING gin (name gin_trgm_ops)")
        owner.execute("ANALYZE bench_clear")
        owner.execute("GRANT SELECT ON bench_clear TO PUBLIC")


def p95(times: list[float]) -> float:
    return quantiles(times, n=20)[-1]


def timed(work: Callable[[str], Any], typed: list[str]) -> list[float]:
    """Milliseconds each, after a few to warm up."""
    for text in typed[:5]:
        work(text)
    times = []
    for text in typed:
        begun = time.perf_counter()
        work(text)
        times.append((time.perf_counter() - begun) * 1000)
    return times


def main() -> None:
    """Load, index, look."""
    with own_database():
        _main()


def _main() -> None:
    from django.db import connection

    from cases.models import Caller, ContactPoint, Person
    from cases.planning.matching import Profile
    from cases.privacy import addresses, names
    from cases.queries import namesakes, search
    from tests.cast import hire

    crowd = Crowd()
    everybody = load(crowd)
    index(everybody)
    trigrams(everybody)
    operator = hire("olena", "operator")
    dice = crowd.dice
    sample = [dice.choice(everybody) for _ in range(LOOKED_FOR)]
    typed = [_typed(crowd, said, number) for number, (_key, said) in enumerate(sample)]
    numbers = [number_of(dice.randrange(min(NUMBERS, PEOPLE // HOUSEHOLD))) for _ in sample]

    def by_trigrams(text: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id FROM bench_clear WHERE name %% %s ORDER BY similarity(name, %s) DESC LIMIT 8", [text, text]
            )
            cursor.fetchall()

    def by_number(text: str) -> None:
        assert ContactPoint.objects.at(*addresses.normalise(text, "phone")).first() is not None

    def by_name(text: str) -> None:
        namesakes.fitting(Profile.read(name=text, birth=text), Person.objects.all(), Caller.objects.all())

    def by_digests(text: str) -> None:
        namesakes.keys_of(names.asked(text))

    full = [" ".join(said[:3]) for _key, said in sample[:TRIGRAM_LOOKS]]
    phone, name = timed(by_number, numbers), timed(by_name, typed)
    keyed, named = timed(by_digests, full), timed(by_name, full)
    clear = timed(by_trigrams, [text.lower() for text in full])
    whole_phone = timed(lambda text: search.find(text, by=operator), numbers)
    whole_name = timed(lambda text: search.find(text, by=operator), typed)
    print(f"a number among {PEOPLE:>9,} people  {shown(phone)}")
    print(f"a name, opened and weighed    {shown(name)}   p95 {p95(name) / p95(phone):.1f} x the number's")
    print(f"full names, by pg_trgm        {shown(clear)}   in clear, who is alike")
    for what, times in (("full names, by digests", keyed), ("full names, weighed too", named)):
        faster = f"p50 {median(clear) / median(times):.0f} x, p95 {p95(clear) / p95(times):.0f} x as fast as pg_trgm"
        print(f"{what:29} {shown(times)}   {faster}")
    print(f"the search box, a number      {shown(whole_phone)}")
    print(
        f"the search box, a name        {shown(whole_name)}   p95 {p95(whole_name) / p95(whole_phone):.1f} x a number"
    )
    _recall(crowd, everybody)


def _recall(crowd: Crowd, everybody: list[tuple[int, tuple[str, ...]]]) -> None:
    """Of those looked for with one letter wrong, how many are among who is found."""
    from cases.privacy import names
    from cases.queries import namesakes

    met = asked = 0
    while asked < SLIPS:
        key, said = crowd.dice.choice(everybody)
        text = _slip(crowd, said, asked)
        if any(word.given for word in names.said(text) if word.text != said[1].lower()):
            continue  # one letter off and another name: Мария for Марина is no slip that anybody could see
        asked += 1
        met += key in {found for found, _kind in namesakes.keys_of(names.asked(text), limit=PEOPLE)}
    print(f"one letter off, still met     {met / asked:8.4f} of {asked:,}")


def shown(times: list[float]) -> str:
    return f"p50 {median(times):7.1f} ms, p95 {p95(times):7.1f} ms"


def _typed(crowd: Crowd, said: tuple[str, ...], number: int) -> str:
    """As people type: both names, the other way round, with the father's, one letter off."""
    surname, given, patronymic, year = said
    ways = (
        f"{surname} {given}",
        f"{given} {surname}",
        f"{surname} {given} {patronymic}",
        f"{crowd.slipped(surname)} {given}",
        f"{surname} {given} {year}",
    )
    return ways[number % len(ways)]


def _slip(crowd: Crowd, said: tuple[str, ...], number: int) -> str:
    surname, given, patronymic, _year = said
    if number % 3 == 0:
        return f"{surname} {crowd.slipped(given)}"
    if number % 3 == 1:
        return f"{crowd.slipped(surname)} {given}"
    return f"{crowd.slipped(surname)} {given} {patronymic}"
