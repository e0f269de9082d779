"""The class a call would have if it were saved now, from what is typed so far: shown at the desk, kept nowhere."""

from cases.domain.intake.facts import Intake
from cases.planning.person_line import PersonDraft
from cases.planning.triage import Facts, PersonFacts, Rules, score
from cases.planning.triage.verdict import Verdict


def preview(facts: Intake, rules: Rules) -> Verdict:
    """The verdict of these rules on what is typed so far."""
    low, high = facts.headcount or (len(facts.people), len(facts.people))
    seen = dict(facts.observations)
    seen |= {"in_cellar": 1.0} if facts.in_cellar else {}
    seen |= {"alone": 1.0} if any(person.alone for person in facts.people) else {}
    seen |= {"pregnant": 1.0} if any(person.pregnant for person in facts.people) else {}
    weeks = [person.pregnancy_week for person in facts.people if person.pregnancy_week]
    seen |= {"pregnancy_week": float(max(weeks))} if weeks else {}
    told = Facts(
        observations=seen,
        needs={wish.code: wish.days_left for wish in facts.needs},
        people=tuple(_person(person) for person in facts.people),
        headcount_low=low,
        headcount_high=high,
        group=facts.group,
        evacuation=facts.evacuation is not None,
        direction=facts.evacuation.direction if facts.evacuation else "",
    )
    return score(told, rules)


def _person(person: PersonDraft) -> PersonFacts:
    return PersonFacts(
        age_years=person.age_years,
        age_band=person.age_band,
        sex=person.sex,
        mobility=person.mobility,
        specific=person.specific,
    )
