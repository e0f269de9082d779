"""Who called, and how they may be reached."""

from typing import Final

from cases.domain import calls, identity, keys, naming
from cases.domain.intake.changes import trusted
from cases.domain.intake.facts import Intake
from cases.enums import ContactMode
from cases.models import Call, Caller, Case, ContactPoint, Household, Reach, Tie
from cases.queries.namesakes import CALLED

# From the loosest to the strictest way of being reached.
STRICTNESS: Final[dict[str, int]] = {ContactMode.VOICE: 0, ContactMode.TEXT_ONLY: 1, ContactMode.NONE: 2}


def caller_of(facts: Intake, case: Case | None, call: Call | None) -> tuple[Caller, int | None]:
    """The caller of a call: known on this contact for this household, known of this same call, or new."""
    contact = identity.contact_of(facts.number, facts.channel) if facts.number else call.contact if call else None
    if call is not None and call.caller is not None:
        return _same_caller(call.caller, contact, facts), contact.pk if contact else None
    known = identity.caller_on(contact, case.household_id) if contact and case else None
    if known is not None and contact is not None:
        _reach_again(known, contact, facts)
        return known, contact.pk
    (key,) = keys.fresh()
    caller = Caller.objects.create(data_key=key, alias=facts.alias or None, language=facts.language)
    naming.index_step([(key.pk, facts.alias)], kind=CALLED)
    if case is not None:
        tie_step(caller, case.household, facts, may_decide=False)
    if contact is not None:
        _reach(caller, contact, facts)
    return caller, contact.pk if contact else None


def _same_caller(caller: Caller, contact: ContactPoint | None, facts: Intake) -> Caller:
    """More is known now of who is on the line than when this call was first written down."""
    caller.language = facts.language
    if facts.alias:
        caller.alias = facts.alias
    caller.save(update_fields=["language", "alias"])
    if facts.alias:
        naming.again_step({caller.data_key_id: facts.alias}, kind=CALLED)
    if contact is None:
        return caller
    if Reach.objects.filter(caller=caller, contact=contact).exists():
        _reach_again(caller, contact, facts)
    else:
        _reach(caller, contact, facts)
    return caller


def _reach(caller: Caller, contact: ContactPoint, facts: Intake) -> None:
    Reach.objects.create(
        caller=caller,
        contact=contact,
        mode=facts.contact_mode or ContactMode.VOICE,
        text_ok=bool(facts.text_ok),
        safe_from=facts.safe_from,
        safe_to=facts.safe_to,
    )


def _reach_again(caller: Caller, contact: ContactPoint, facts: Intake) -> None:
    """A known caller's way of being reached becomes stricter at once; only who is known for sure loosens it.

    What was not said stays as it was.
    """
    if facts.only_proposes:
        return
    reach, sure = Reach.objects.select_for_update(no_key=True).get(caller=caller, contact=contact), trusted(facts)
    if facts.contact_mode and (sure or STRICTNESS[facts.contact_mode] > STRICTNESS[reach.mode]):
        reach.mode = facts.contact_mode
    if facts.text_ok is not None and (sure or not facts.text_ok):
        reach.text_ok = facts.text_ok
    if facts.safe_from is not None and (sure or reach.safe_from is None):
        reach.safe_from, reach.safe_to = facts.safe_from, facts.safe_to
    reach.save(update_fields=["mode", "text_ok", "safe_from", "safe_to"])


def tie_step(caller: Caller, household: Household, facts: Intake, *, may_decide: bool, how: str = "") -> None:
    """What the caller is to the household, and how that is known (`how`); who only cited a case is tied by nothing.

    A code word is set by who is of the household, once; only who is known for sure changes it.
    """
    tie, made = Tie.objects.get_or_create(
        caller=caller,
        household=household,
        defaults={
            "relation": facts.relation,
            "on_site": facts.on_site,
            "may_decide": may_decide,
            "verified_how": how,
        },
    )
    if not made and how and (tie.relation, tie.on_site) != (facts.relation, facts.on_site):
        tie.relation, tie.on_site, tie.may_decide = facts.relation, facts.on_site, may_decide
        tie.save(update_fields=["relation", "on_site", "may_decide"])
    if trusted(facts) and not tie.verified_how:
        tie.verified_how = "code_word"
        tie.save(update_fields=["verified_how"])
    if facts.code_word.strip() and tie.verified_how and (not tie.code_word or trusted(facts)):
        tie.code_word = calls.hash_word(facts.code_word)
        tie.save(update_fields=["code_word"])


def said(facts: Intake) -> str | None:
    """The note, and every word of the person lines that nobody understood: nothing heard is lost."""
    rest = [person.rest for person in facts.people if person.rest]
    return "\n".join([part for part in (facts.notes, *rest) if part]) or None
