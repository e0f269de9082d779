"""Who of a cellar or a school is only counted: a traveller known by nothing but the place they need."""

from typing import Final

from django.db.models import Exists, OuterRef, Q

from cases.models import Decision, SpecificNeed

_UNNAMED = Q(**{f"person__{name}__isnull": True for name in ("surname", "given_name", "patronymic", "birth")})
_UNKNOWN = Q(person__sex="", person__age_band="", person__age_years__isnull=True, person__pregnancy_week__isnull=True)
_DECIDED = Exists(Decision.objects.filter(request=OuterRef("request"), person=OuterRef("person")))
_NOTED = Exists(SpecificNeed.objects.filter(person=OuterRef("person")))
# Of travellers: nobody said who they are, and they have decided nothing yet.
COUNTED: Final = _UNNAMED & _UNKNOWN & ~_DECIDED & ~_NOTED
