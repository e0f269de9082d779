"""Fifty operators at their desks: each types, is saved every second or two, hears rings, presses claim and records.

Heavier than a real shift: everybody types without a pause, and calls are recorded after seconds instead of minutes.
"""

import queue
import random
import re
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from calls import C01_FORM
from chaos.floor import Floor
from chaos.pages import PATIENCE_SECONDS, Client, Stream, Typed, boot
from chaos.system import PASSWORD
from chaos.waiting import until

FIFTY = 50
PRESSERS = 4
AT_ONCE = 4
KEY = re.compile(r'name="key"[^>]* value="([^"]+)"')
# What live.js asks about at once, and what a little later.
NOW = frozenset({"alarm", "alarm_answered", "presence", "listening"})
LATER = frozenset({"written", "callbacks", "drafts", "handover"})


class Operator:
    """One of them: a browser with a desk page and its stream. `work` runs in a thread of its own."""

    def __init__(self, floor: Floor, number: int) -> None:
        self.floor, self.number = floor, number
        self.random = random.Random(number)
        self.client = Client(floor.system.port, f"127.0.{1 + number // 200}.{1 + number % 200}", floor.figures)
        self.wakes: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.seen: list[tuple[str, dict[str, Any]]] = []
        self.due: dict[str, float] = {}
        self.key, self.serial, self.fields, self.on_call = uuid.uuid4(), 0, dict[str, str](), False
        self.stream: Stream | None = None

    def begin(self) -> None:
        """Sign in, open the desk, be free, and hear the stream."""
        self.client.sign_in(f"operator{self.number}", PASSWORD)
        self.open("/desk/")
        self.client.post("be free", "/desk/presence/", {"state": "free"}, expect=302)
        self.listen()
        now = time.monotonic()
        for name, longest in (("save", 1.5), ("touch", 15.0), ("live", 60.0), ("look", 90.0), ("record", 120.0)):
            self.due[name] = now + self.random.uniform(0.1, longest)

    def listen(self) -> None:
        state = self.client.get("live", "/live/").json()
        self.stream = Stream(self.floor.system.port, f"?ticket={state['ticket']}", self.hear)
        if self.stream.status != 200:
            self.floor.figures.errors.append(f"stream: {self.stream.status}")

    def hear(self, name: str, data: dict[str, Any], at: float) -> None:
        """What the stream says, in the stream's thread."""
        self.seen.append((name, data))
        if name == "ring":
            self.floor.heard[data["uid"]].setdefault(self.number, at)
            if (self.number - uuid.UUID(data["uid"]).int) % FIFTY < PRESSERS and not self.on_call:
                self.wakes.put(data["uid"])
        elif name in NOW | LATER:
            self.due["live"] = at + (0 if name in NOW else self.random.uniform(0.4, 2.4))
            self.wakes.put("")

    # --- at the desk -------------------------------------------------------------------------------------------

    def work(self) -> None:
        try:
            while not self.floor.over.is_set():
                name = min(self.due, key=self.due.__getitem__)
                try:
                    ring = self.wakes.get(timeout=max(0.001, self.due[name] - time.monotonic()))
                except queue.Empty:
                    getattr(self, name)()
                else:
                    if ring and not self.on_call:
                        self.claim(ring)
        except Exception as error:
            self.floor.figures.errors.append(f"operator{self.number}: {type(error).__name__} {error}")

    def _again(self, name: str, soonest: float, latest: float) -> None:
        self.due[name] = time.monotonic() + self.random.uniform(soonest, latest)

    def open(self, address: str) -> None:
        """Open the desk and type a call on it."""
        page = self.client.get("desk page", address).text
        said, key = boot(page), KEY.search(page)
        assert key is not None
        if not self.floor.form:
            self.floor.form = Typed(page).fields
        self.key, self.serial = uuid.UUID(key[1]), max(self.serial, said["serial"])
        words = {name: values[-1] for name, values in said["fields"].items()}
        self.fields = (
            self.floor.form
            | {"key": self.key.hex}
            | C01_FORM
            | {"number": f"+7 915 55{self.number:02} {self.random.randrange(1000):03}"}
            | words
        )

    def save(self) -> None:
        """Keep what is typed, as keep.js does; one more letter each time."""
        self._again("save", 1.0, 2.0)
        self.fields["notes"] += "и"
        self.serial = max(self.serial + 1, time.time_ns() // 1_000_000)
        form = self.fields | {"serial": str(self.serial)}
        answer = self.client.post("autosave", "/desk/draft/", form, Accept="application/json")
        if answer.status == 200:
            said = answer.json()
            self.floor.acknowledged[self.key] = self.serial
            if said["serial"] != self.serial or said["ended"]:
                self.floor.figures.errors.append(f"autosave: took {said['serial']} of {self.serial}, {said['ended']}")

    def touch(self) -> None:
        self._again("touch", 14.0, 16.0)
        self.client.post("touch", "/desk/draft/touch/", {"key": self.key.hex}, Accept="application/json")

    def live(self) -> None:
        self._again("live", 55.0, 65.0)
        self.client.get("live", "/live/")

    def look(self) -> None:
        """Look at the list of work, and come back."""
        self._again("look", 60.0, 120.0)
        self.client.get("work page", "/desk/work/")
        self._come_back()

    def _come_back(self) -> None:
        self.open(f"/desk/?draft={self.key.hex}" if self.key in self.floor.acknowledged else "/desk/")

    def claim(self, ring: str) -> None:
        self.floor.pressed[ring].append(self.number)
        answer = self.client.post("claim", f"/desk/call/{ring}/claim/", {}, expect=302)
        if "?draft=" in answer.location:
            self.floor.won[ring].append(self.number)
            self.on_call = True
            self.open(answer.location)
            self._again("record", 5.0, 9.0)
        elif answer.status == 302:
            self._come_back()

    def record(self) -> None:
        """Save the call for good, and begin the next page."""
        self._again("record", 90.0, 150.0)
        self.save()
        form = self.fields | {"disposition": "case_opened"}
        self.client.post("record", "/desk/", form, Accept="application/json")
        self.on_call = False
        self.open("/desk/")


@contextmanager
def at_work(floor: Floor) -> Iterator[None]:
    """All of them at work, from the first sign-in; leaving waits until each ring is seen, and ends them."""
    floor.system.run("hire-fifty", str(Path(__file__).with_name("hire_fifty.py")), PASSWORD, str(FIFTY))
    floor.operators += [Operator(floor, number) for number in range(FIFTY)]
    with ThreadPoolExecutor(AT_ONCE) as door:  # a password costs the server half a second of a core
        list(door.map(Operator.begin, floor.operators))
    threads = [threading.Thread(target=operator.work, daemon=True) for operator in floor.operators]
    for thread in threads:
        thread.start()
    try:
        yield
        until(floor.heard_by_all, seconds=10, what="every ring on every page")
    finally:
        floor.over.set()
        for operator in floor.operators:
            operator.wakes.put("")
        for thread in threads:
            thread.join(PATIENCE_SECONDS)
        for operator in floor.operators:
            if operator.stream is not None:
                operator.stream.close()
            operator.client.close()
        broken = sum(operator.stream is None or operator.stream.broken for operator in floor.operators)
        floor.figures.errors += ["a stream broke"] * broken
