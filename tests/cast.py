"""The named cast: who does what to whom in every test."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from cases.actors import Partner as PartnerActor
from cases.actors import Staff
from cases.enums import PartnerKind, Role
from cases.models import ApiKey, Partner, Place, Post, User

PASSWORD = "a long pass phrase"


@dataclass(slots=True)
class Cast:
    """Olena and Oleh answer; Taras and Iryna coordinate; the outsider holds a post elsewhere, the guest none."""

    olena: Staff
    oleh: Staff
    taras: Staff
    iryna: Staff
    protection: Staff
    medic: Staff
    supervisor: Staff
    auditor: Staff
    administrator: Staff
    field_team: Staff
    outsider: Staff
    guest: Staff
    red: PartnerActor
    blue: PartnerActor

    @property
    def operator(self) -> Staff:
        return self.olena

    @property
    def coordinator(self) -> Staff:
        return self.taras


def hire(name: str, role: str | None, *, area: Place | None = None, on_duty: bool = False, capacity: int = 8) -> Staff:
    """A user with one post (or none) and an address of their own."""
    user = User.objects.create_user(
        username=name, password=PASSWORD, name=name.capitalize(), email=f"{name}@staff.invalid"
    )
    if role:
        since = timezone.now() - timedelta(hours=1)
        Post.objects.create(user=user, role=role, area=area, since=since, on_duty=on_duty, capacity=capacity)
    return user.as_actor()


def found(name: str, kind: PartnerKind) -> PartnerActor:
    partner = Partner.objects.create(name=name, kind=kind)
    key = ApiKey.objects.create(
        partner=partner, prefix=name[:8], digest="-", scopes=["cases"], expires_at=timezone.now() + timedelta(days=1)
    )
    return PartnerActor(partner.pk, key.pk, frozenset({"cases"}))


def make_cast() -> Cast:
    """Everybody, with Taras on duty. The outsider coordinates Sumy oblast only."""
    sumy = Place.objects.get(kind="oblast", name_en="Sumy oblast")
    return Cast(
        olena=hire("olena", Role.OPERATOR),
        oleh=hire("oleh", Role.OPERATOR),
        taras=hire("taras", Role.COORDINATOR, on_duty=True),
        iryna=hire("iryna", Role.COORDINATOR),
        protection=hire("oksana", Role.PROTECTION),
        medic=hire("maksym", Role.MEDIC),
        supervisor=hire("svitlana", Role.SUPERVISOR),
        auditor=hire("anton", Role.AUDITOR),
        administrator=hire("admin", Role.ADMINISTRATOR),
        field_team=hire("fedir", Role.FIELD),
        outsider=hire("stranger", Role.COORDINATOR, area=sumy),
        guest=hire("guest", None),
        red=found("Red", PartnerKind.RELIEF),
        blue=found("Blue", PartnerKind.RELIEF),
    )
