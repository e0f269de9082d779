"""Numbers and addresses, the callers behind them, and what each caller may hear and decide."""

from typing import Self

from django.db import models
from django.db.models import F, Q

from cases.actors import Actor, Staff, System
from cases.enums import ContactKind, ContactMode, Language, Relation
from cases.models.base import Row, Rows, Sealing, one_of, text_choice
from cases.privacy import blind
from cases.privacy.sealed import SealedTextField


class ContactRows(Rows):
    def visible_to(self, actor: Actor) -> Self:
        return self if isinstance(actor, Staff | System) else self.none()


class ContactPointRows(ContactRows):
    def at(self, kind: str, address: str) -> Self:
        """The contact of a normalised address, under any live index key."""
        return self.filter(kind=kind, digest__in=blind.digests(kind, address))


class TieRows(ContactRows):
    def verified(self) -> Self:
        """Those of callers who are of this household, not of who only named it."""
        return self.exclude(verified_how="")


class ContactPoint(Sealing):
    """A number or address, found again by its blind digest. Several callers may share one."""

    kind = text_choice(ContactKind)
    address = SealedTextField(max_text=254)
    index_key = models.CharField(max_length=40)
    digest = models.BinaryField()
    country = models.CharField(max_length=2, blank=True, default="")

    objects = ContactPointRows.as_manager()

    class Meta:
        constraints = [
            one_of("kind", ContactKind, "contact_kind_known"),
            models.UniqueConstraint(fields=["kind", "digest"], name="contact_point_once"),
        ]


class Caller(Sealing):
    """Who is on the line: perhaps only an alias, perhaps nobody we know by name."""

    alias = SealedTextField(null=True, max_text=200)
    language = text_choice(Language, default=Language.RU)
    person = models.ForeignKey("cases.Person", null=True, on_delete=models.PROTECT, related_name="+")
    merged_into = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="duplicates")

    objects = ContactRows.as_manager()

    class Meta:
        constraints = [
            one_of("language", Language, "caller_language_known"),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | ~Q(merged_into=F("id")), name="caller_not_into_themselves"
            ),
        ]


class Reach(Row):
    """How one caller may be reached on one contact. A phone is evidence at a checkpoint: the defaults are silent."""

    caller = models.ForeignKey(Caller, on_delete=models.PROTECT, related_name="reaches")
    contact = models.ForeignKey(ContactPoint, on_delete=models.PROTECT, related_name="reaches")
    mode = text_choice(ContactMode, default=ContactMode.VOICE)
    text_ok = models.BooleanField(default=False)
    phone_may_be_searched = models.BooleanField(default=True)
    neutral_opening = models.BooleanField(default=True)
    no_voicemail = models.BooleanField(default=True)
    safe_from = models.TimeField(null=True)
    safe_to = models.TimeField(null=True)

    objects = ContactRows.as_manager()

    class Meta:
        constraints = [
            one_of("mode", ContactMode, "reach_mode_known"),
            models.UniqueConstraint(fields=["caller", "contact"], name="reach_once"),
            models.CheckConstraint(
                condition=Q(safe_from__isnull=True, safe_to__isnull=True)
                | Q(safe_from__isnull=False, safe_to__isnull=False),
                name="reach_safe_hours_whole",
            ),
        ]


class Tie(Row):
    """What a caller is to a household, and what may be told to them or decided by them.

    `verified_how` is how the caller came to be tied to it: "opened" (their call made the household known),
    "code_word", "callback". Empty: they only cited its case, and nothing opens for them.
    """

    caller = models.ForeignKey(Caller, on_delete=models.PROTECT, related_name="ties")
    household = models.ForeignKey("cases.Household", on_delete=models.PROTECT, related_name="ties")
    relation = text_choice(Relation, default=Relation.SELF)
    on_site = models.BooleanField(default=True)
    may_hear = models.BooleanField(default=False)
    may_decide = models.BooleanField(default=False)
    verified_how = models.CharField(max_length=24, blank=True, default="")
    word_tries = models.PositiveSmallIntegerField(default=0, editable=False)
    word_tried_at = models.DateTimeField(null=True, editable=False)
    code_word = models.CharField(max_length=128, blank=True, default="", help_text="A slow hash, never the word.")

    objects = TieRows.as_manager()

    class Meta:
        constraints = [
            one_of("relation", Relation, "tie_relation_known"),
            models.UniqueConstraint(fields=["caller", "household"], name="tie_once"),
        ]
