"""What the fifty share: what was heard, won and acknowledged, and the exchange that rings."""

import base64
import json
import os
import threading
import time
import uuid
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from chaos.pages import HOST, Client, Figures, quantile
from chaos.system import System
from hotline import bridge

SECRET = base64.b64encode(b"the exchange of the fifty").decode()
ENVIRONMENT = {"HOTLINE_TELEPHONY_SECRETS": f"whsec_{SECRET}"}
NOTHING = "a page of nothing"


@dataclass
class Floor:
    """What all of them share, and what was seen of them.

    `acknowledged`: draft → the last serial the server took. `heard`: ring → page → when. `won`: ring → operators.
    `form`: what a fresh desk page holds. `memory` of the web process in kilobytes.
    """

    system: System
    figures: Figures = field(default_factory=Figures)
    acknowledged: dict[uuid.UUID, int] = field(default_factory=dict)
    heard: dict[str, dict[int, float]] = field(default_factory=lambda: defaultdict(dict))
    pressed: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    won: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    rung: dict[datetime, float] = field(default_factory=dict)
    operators: list[Any] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    form: dict[str, str] = field(default_factory=dict)
    memory: list[int] = field(default_factory=list)
    connections: int = 0

    def rings(self) -> dict[str, float]:
        """The uid of each ring, and when the exchange began to tell of it."""
        rows = self.system.rows("SELECT uid::text, heard_at FROM cases_call")
        return {uid: self.rung[heard_at] for uid, heard_at in rows if heard_at in self.rung}

    def heard_by_all(self) -> bool:
        return all(len(self.heard.get(uid, ())) == len(self.operators) for uid in self.rings())

    def latencies(self) -> list[float]:
        """Seconds from the exchange's sending to the line on a page, of every ring and page."""
        return [at - start for uid, start in self.rings().items() for at in self.heard.get(uid, {}).values()]

    def seen_by_all(self) -> list[float]:
        """Seconds until the last page showed a ring, of each ring."""
        return [max(self.heard[uid].values()) - start for uid, start in self.rings().items() if self.heard.get(uid)]

    def forget(self) -> None:
        """Measure from now on; what was kept and heard stays."""
        self.figures.seconds.clear()
        self.rung.clear()

    def tell(self) -> None:
        """Print what was measured."""
        self.figures.tell()
        taken = self.latencies()
        shares = "  ".join(f"p{share} {1000 * quantile(taken, share):7.1f} ms" for share in (50, 95, 100))
        print(f"  {'ring seen on a page':22} {len(taken):6}   {shares}")
        contested = sum(len(hands) > 1 for hands in self.pressed.values())
        print(f"  rings {len(self.rung)}, claimed {len(self.won)}, pressed by several {contested}")
        print(f"  memory of the web {' → '.join(f'{kilobytes / 1024:.0f} MB' for kilobytes in self.memory)}")
        print(f"  connections to the database {self.connections}")
        print(f"  drafts {len(self.acknowledged)}, errors {len(self.figures.errors)} {self.figures.errors[:5]}")


def resident(system: System) -> int:
    """Kilobytes of memory that the processes of the web hold together."""
    leader = system.children["web"].process
    assert leader is not None
    return sum(_kilobytes(entry) for entry in Path("/proc").iterdir() if _is_of(leader.pid, entry))


def _is_of(group: int, entry: Path) -> bool:
    try:
        return entry.name.isdigit() and os.getpgid(int(entry.name)) == group
    except ProcessLookupError:
        return False


def _kilobytes(entry: Path) -> int:
    with suppress(FileNotFoundError, StopIteration):
        lines = (entry / "status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmRSS:")).split()[1])
    return 0


def ring(floor: Floor) -> int:
    """A call begins to ring: the exchange tells of it through its signed door. Returns the status."""
    call_id, at, start = uuid.uuid4().hex, datetime.now(UTC), time.monotonic()
    said = {"call_id": call_id, "kind": "ringing", "at": at.isoformat(), "caller": f"+7916555{len(floor.rung):04}"}
    floor.rung[at] = start
    body = json.dumps(said).encode()
    status = bridge.post(f"http://{HOST}:{floor.system.port}", body, f"msg_{call_id}", base64.b64decode(SECRET))
    floor.figures.seconds["ring told"].append(time.monotonic() - start)
    if status != 202:
        floor.figures.errors.append(f"ring: {status}")
    return status


def rings_for(floor: Floor, seconds: float, *, every: float = 2.0) -> None:
    """Rings for so long, and beside them the page that does nothing: what waiting costs without work."""
    probe = Client(floor.system.port, "127.0.9.1", floor.figures)
    end, next_ring = time.monotonic() + seconds, time.monotonic()
    pause = threading.Event()
    while (now := time.monotonic()) < end:
        if now >= next_ring:
            ring(floor)
            next_ring += every
        probe.get(NOTHING, "/healthz")
        pause.wait(0.2)
    probe.close()
