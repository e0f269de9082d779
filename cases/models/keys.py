"""A data key a subject, and the blind tokens by which a subject is found again."""

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from cases.errors import Erased
from cases.models.base import Row
from cases.privacy import cipher


class DataKey(Row):
    """One subject's key, wrapped by the ring. Destroying it is erasure: nothing sealed by it opens again."""

    wrapped = models.BinaryField(null=True)
    ring_key = models.CharField(max_length=40)
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(wrapped__isnull=False, destroyed_at__isnull=True)
                | models.Q(wrapped__isnull=True, destroyed_at__isnull=False),
                name="data_key_lives_or_is_destroyed",
            )
        ]
        indexes = [models.Index(fields=["ring_key"], name="data_key_by_ring")]

    @classmethod
    def fresh(cls) -> Self:
        """A new key, not yet saved; its plain form stays in memory for the rows about to be sealed."""
        row = cls()
        key = cipher.new_data_key()
        row.ring_key, row.wrapped = cipher.wrap(key, str(row.uid))
        row._plain = key
        return row

    _plain: bytes | None = None

    def plain(self) -> bytes:
        """The key itself; raises Erased. Never store or log it."""
        if self.wrapped is None:
            raise Erased
        if self._plain is None:
            self._plain = cipher.unwrap(bytes(self.wrapped), self.ring_key, str(self.uid))
        return self._plain

    def rewrap(self) -> None:
        """Wrap by the ring's writing key; the key and what it sealed stay as they are."""
        self.ring_key, self.wrapped = cipher.wrap(self.plain(), str(self.uid))


class IndexToken(models.Model):
    """What a subject is searched by: keyed digests of its tokens and of what they are with one letter missing.

    One row a subject and kind, the digests in no order that says anything; gone when the subject is erased. `scheme`
    says which way of making tokens made them.
    """

    data_key = models.ForeignKey(DataKey, on_delete=models.PROTECT, related_name="tokens")
    kind = models.CharField(max_length=24)
    index_key = models.CharField(max_length=40)
    scheme = models.CharField(max_length=12)
    digests = ArrayField(models.BigIntegerField())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["data_key", "kind"], name="index_token_once_a_kind")]
        indexes = [
            # A write goes into the index at once: a pending list would have to be read by every search.
            GinIndex(fields=["digests"], name="index_token_lookup", fastupdate=False),
        ]
