"""Which codes are protected: kept only sealed, shown only as "Protection contact"."""

from dataclasses import dataclass

from django.db.models import Value

from cases.models import NeedType, ObservationCode, SpecificNeedCode


@dataclass(frozen=True, slots=True)
class Protected:
    needs: frozenset[str]
    observations: frozenset[str]
    specific: frozenset[str]


def protected() -> Protected:
    """All protected codes, in one statement."""
    kinds = {"needs": NeedType, "observations": ObservationCode, "specific": SpecificNeedCode}
    first, *rest = (
        model._default_manager.filter(protected=True).order_by().values_list("code", Value(kind))
        for kind, model in kinds.items()
    )
    found: dict[str, set[str]] = {kind: set() for kind in kinds}
    for code, kind in first.union(*rest, all=True):
        found[kind].add(code)
    return Protected(**{kind: frozenset(codes) for kind, codes in found.items()})
