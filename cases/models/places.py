"""The tree of places: country, oblast, raion, settlement."""

from typing import Self

from django.contrib.postgres.indexes import GinIndex
from django.db import models

from cases.actors import Actor
from cases.enums import Access, PlaceKind
from cases.models.base import Row, Rows, in_language, one_of, text_choice


class PlaceRows(Rows):
    def visible_to(self, actor: Actor) -> Self:
        return self


class Place(Row):
    """A unit or settlement. `path` is "/1/5/9/", its own key last; a name is not a key, the p-code and path are."""

    kind = text_choice(PlaceKind)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    path = models.CharField(max_length=120, default="", editable=False)
    pcode = models.CharField(max_length=20, blank=True)
    name_en = models.CharField(max_length=120)
    name_uk = models.CharField(max_length=120)
    name_ru = models.CharField(max_length=120)
    time_zone = models.CharField(max_length=40, default="Europe/Kyiv")
    latitude = models.DecimalField(max_digits=8, decimal_places=5, null=True, blank=True)
    longitude = models.DecimalField(max_digits=8, decimal_places=5, null=True, blank=True)
    approximate = models.BooleanField(default=True, help_text="Placed at the centre of its raion or oblast.")
    population = models.PositiveIntegerField(null=True, blank=True)
    access = text_choice(Access, default=Access.UNKNOWN)
    geonames_id = models.PositiveIntegerField(null=True, blank=True, unique=True)

    objects = PlaceRows.as_manager()

    class Meta:
        constraints = [
            one_of("kind", PlaceKind, "place_kind_known"),
            one_of("access", Access, "place_access_known"),
            models.UniqueConstraint(
                fields=["parent", "kind", "name_en"], name="place_once_under_its_parent", nulls_distinct=False
            ),
        ]
        indexes = [models.Index(fields=["path"], name="place_path_prefix", opclasses=["text_pattern_ops"])]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return in_language(self, "name")


class PlaceKey(models.Model):
    """A folded, stemmed spelling of a place's name, for the type-ahead."""

    place = models.ForeignKey(Place, on_delete=models.CASCADE, related_name="keys")
    key = models.CharField(max_length=120)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["place", "key"], name="place_key_once")]
        indexes = [
            models.Index(fields=["key"], name="place_key_prefix", opclasses=["text_pattern_ops"]),
            GinIndex(fields=["key"], name="place_key_trigram", opclasses=["gin_trgm_ops"]),
        ]
