"""Who of a cellar or a school is only counted: a traveller known by nothing but the place they need."""

from typing import Final

from django.db.models import Exists, OuterRef, Q

from cases.enums import FitToTravel, Presence
from cases.models import BestInterests, Caller, Consent, Decision, HeardSafe, Observation, PersonLink, SpecificNeed

_UNNAMED = Q(**{f"person__{name}__isnull": True for name in ("surname", "given_name", "patronymic", "birth")})
_UNKNOWN = Q(person__sex="", person__age_band="", person__age_years__isnull=True, person__pregnancy_week__isnull=True)
_PLAIN = Q(person__fit_to_travel=FitToTravel.UNKNOWN, person__presence=Presence.WITH_HOUSEHOLD, unaccompanied=False)
_ALONE = Q(person__guardian__isnull=True, person__wards__isnull=True)
# Nobody said who they are, nothing was said of them, and they have decided nothing yet.
_OF_A_PERSON: Final = (
    (BestInterests, "person"),
    (Caller, "person"),
    (Consent, "person"),
    (Decision, "person"),
    (HeardSafe, "person"),
    (Observation, "person"),
    (PersonLink, "found"),
    (PersonLink, "sought"),
    (SpecificNeed, "person"),
)
COUNTED: Final = Q(
    *(_UNNAMED, _UNKNOWN, _PLAIN, _ALONE),
    *(~Exists(model.objects.filter(**{of: OuterRef("person")})) for model, of in _OF_A_PERSON),
)
