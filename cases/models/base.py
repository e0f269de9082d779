"""What every row shares: a public `uid`, a `version` that verbs raise, and querysets that know actors and locks."""

import uuid
from collections.abc import Iterable
from typing import Any, Self

from django.db import models
from django.db.models.expressions import RawSQL
from django.utils import timezone
from django.utils.translation import get_language

from cases import policy
from cases.actors import Actor, Partner, Staff, System
from cases.errors import Forbidden
from cases.privacy.sealed import sealed_fields


def among(keys: Iterable[int]) -> RawSQL:
    """For `pk__in`: any number of keys as one parameter. A list of thousands costs more to write than to look up."""
    return RawSQL("SELECT unnest(%s::bigint[])", [list(keys)])


class Rows(models.QuerySet[Any]):
    """The querysets of this house. `visible_to` is the only place that says which rows an actor may see."""

    _checks_policy = False

    def visible_to(self, actor: Actor) -> Self:
        raise NotImplementedError(f"{self.model.__name__} says nowhere who may see it")

    def locked(self) -> Self:
        """Lock what is fetched (ascending pk, FOR NO KEY UPDATE) and check the running verb's policy on it."""
        rows = self.select_for_update(no_key=True, of=("self",)).order_by("pk")
        rows._checks_policy = True
        return rows

    def _clone(self) -> Self:
        clone = super()._clone()  # type: ignore[misc]
        clone._checks_policy = self._checks_policy
        return clone  # type: ignore[no-any-return]

    def _fetch_all(self) -> None:
        fresh = self._result_cache is None
        super()._fetch_all()  # type: ignore[misc]
        if fresh and self._checks_policy:
            check_locked(self.model, self._result_cache or ())


class AreaRows(Rows):
    """Rows that lie somewhere: staff see those in the areas of their posts that read cases.

    `settlement` is the way from the row to its place. A row on that way without a place is seen by all of them.
    """

    settlement = "case__household__settlement"

    def visible_in(self, paths: Iterable[str]) -> Self:
        """The rows in these areas (place paths; an empty one is everywhere)."""
        return self.filter(in_areas(paths, self.settlement))

    def visible_to(self, actor: Actor) -> Self:
        match actor:
            case System():
                return self
            case Staff():
                return self.visible_in(policy.reading_paths(actor))
            case Partner():
                return self.none()


def in_areas(paths: Iterable[str], settlement: str) -> models.Q:
    """A filter for what lies in these areas, or has no place yet."""
    areas = list(paths)
    if "" in areas:
        return models.Q()
    if not areas:
        return models.Q(pk__in=[])
    where = models.Q(**{f"{settlement}__isnull": True})
    for area in areas:
        where |= models.Q(**{f"{settlement}__path__startswith": area})
    return where


def check_locked(model: type[models.Model], rows: Iterable[models.Model]) -> None:
    """Raise Forbidden unless the running verb's actor may use it on each of these rows.

    Where a row lies somewhere, only the posts that allow the verb count: a reading post elsewhere lends it no area.
    """
    policy.require()
    run = policy.current()
    assert run is not None
    if not isinstance(run.by, Staff):
        return
    paths = policy.posts_for(run.verb, run.by)
    if "" in paths:
        return
    wanted = {row.pk for row in rows}
    found: Any = model._default_manager.filter(pk__in=wanted)
    mine = found.visible_in(paths) if isinstance(found, AreaRows) else found.visible_to(run.by)
    seen = set(mine.values_list("pk", flat=True))
    if wanted - seen:
        raise Forbidden


class Row(models.Model):
    """A row of the house: bigint key inside, uid outside."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    version = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = Rows.as_manager()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{type(self).__name__} {str(self.uid)[:8]}"


class Reference(models.Model):
    """Reference data: loaded from `seeds/`, editable in the admin, labelled in three languages."""

    code = models.CharField(max_length=40, unique=True)
    label_en = models.CharField(max_length=120)
    label_uk = models.CharField(max_length=120)
    label_ru = models.CharField(max_length=120)
    sort = models.PositiveSmallIntegerField(default=100)
    active = models.BooleanField(default=True)

    class Meta:
        abstract = True
        ordering = ("sort", "code")

    def __str__(self) -> str:
        return self.code

    @property
    def label(self) -> str:
        """The label in the language of the reader."""
        return in_language(self, "label")


def in_language(row: Any, stem: str, language: str | None = None) -> str:
    """`row.<stem>_<language>`, English where a translation is empty."""
    code = (language or get_language() or "en")[:2]
    return str(getattr(row, f"{stem}_{code}", "") or getattr(row, f"{stem}_en"))


class Sealing(Row):
    """A row with personal data: it has the data key of its subject, and the key never changes."""

    data_key = models.ForeignKey("cases.DataKey", on_delete=models.PROTECT, related_name="+", editable=False)

    class Meta:
        abstract = True

    def refresh_from_db(self, using: str | None = None, fields: Any = None, from_queryset: Any = None) -> None:
        """As Django's own, but sealed fields come back sealed: copying them by attribute would have to read them."""
        sealed = {field.attname for field in sealed_fields(type(self))}
        every = [field.attname for field in self._meta.concrete_fields]
        wanted = every if fields is None else list(fields)
        plain = [name for name in wanted if name not in sealed]
        if plain:
            super().refresh_from_db(using, plain, from_queryset)
        if fields is None:
            self.__dict__.pop("_prefetched_objects_cache", None)
        hidden = [name for name in wanted if name in sealed]
        if hidden:
            rows = type(self)._base_manager.db_manager(using or self._state.db)
            self.__dict__.update(rows.filter(pk=self.pk).values(*hidden).get())


def text_choice(choices: type[models.TextChoices], **kwargs: Any) -> "models.CharField[str, str]":
    """A status or code column of the usual width."""
    kwargs.setdefault("max_length", 24)
    return models.CharField(choices=choices.choices, **kwargs)


def one_of(field: str, choices: type[models.TextChoices], name: str, *, blank: bool = False) -> models.CheckConstraint:
    """The database refuses a code the enum does not know."""
    values = [*choices.values, *([""] if blank else [])]
    return models.CheckConstraint(condition=models.Q(**{f"{field}__in": values}), name=name)
