"""Who acts: a member of staff, a partner organisation's key, or the system itself."""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Posting:
    """One post held now: a role, and the area it covers (a place path; empty for everywhere)."""

    role: str
    area_path: str = ""


@dataclass(frozen=True, slots=True)
class Staff:
    user_id: int
    name: str
    posts: tuple[Posting, ...] = ()
    language: str = "en"

    @property
    def roles(self) -> frozenset[str]:
        return frozenset(post.role for post in self.posts)

    @property
    def code(self) -> str:
        """How audit lines and idempotency rows name this actor; never a person's name."""
        return f"staff:{self.user_id}"


@dataclass(frozen=True, slots=True)
class Partner:
    partner_id: int
    key_id: int
    scopes: frozenset[str] = frozenset()

    @property
    def code(self) -> str:
        return f"partner:{self.partner_id}"


@dataclass(frozen=True, slots=True)
class System:
    name: str

    @property
    def code(self) -> str:
        return f"system:{self.name}"


Actor: TypeAlias = Staff | Partner | System
