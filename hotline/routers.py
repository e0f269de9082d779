"""Which database role does what: the app role serves, the owner role migrates."""

from typing import Any


class AppRole:
    """`owner` is the same database under another role: nothing but migrations goes through it."""

    def allow_relation(self, a: Any, b: Any, **hints: Any) -> bool:
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db == "owner"
