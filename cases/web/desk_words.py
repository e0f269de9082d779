"""What the form of the desk says in words: a line that cannot be read, a person, a kind of partner."""

from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases import enums
from cases.planning.person_line import LineError, PersonDraft

LINE_ERRORS = {
    "age": gettext_lazy("“{fragment}”: this age cannot be right."),
    "birth_year": gettext_lazy("“{fragment}”: this year of birth cannot be right."),
    "count": gettext_lazy("“{fragment}”: this number of people cannot be right."),
    "too_many": gettext_lazy(
        "“{fragment}”: more than 50 people in one line. For a cellar or a school choose “Site” and write the number."
    ),
    "too_many_ages": gettext_lazy("“{fragment}”: there are more ages than people."),
    "pregnancy_week": gettext_lazy("“{fragment}”: this week of pregnancy cannot be right."),
    "headcount": gettext_lazy("“{fragment}”: this number cannot be right. Write 11, or a range: 100-150."),
    "nobody": gettext_lazy("“{fragment}”: write at least one person, for example “woman 78”."),
}


def told(error: LineError) -> str:
    return str(LINE_ERRORS[error.code]).format(fragment=error.fragment[:60])


def said_of(person: PersonDraft, labels: Mapping[str, str]) -> str:
    """One person in words, without the name: "Woman 78, bedridden". `labels` of the specific needs by code."""
    parts = [str(enums.Sex(person.sex).label) if person.sex else _("Person")]
    if person.age_years is not None:
        age = int(person.age_years * 12) if person.age_years < 1 else int(person.age_years)
        parts[0] += " " + (_("{months} months").format(months=age) if person.age_years < 1 else str(age))
    elif person.age_band:
        parts.append(str(enums.AgeBand(person.age_band).label))
    if person.mobility:
        parts.append(str(enums.Mobility(person.mobility).label))
    parts += [labels.get(code, code) for code in sorted(person.specific)]
    if person.rest:
        parts.append(_("note: {text}").format(text=person.rest))
    return ", ".join(parts)


def kind(code: str) -> str:
    """The kind of partner in words; empty for a consent that names none."""
    return str(enums.PartnerKind(code).label) if code else ""
