"""What evacuation says no to, each with a stable code and what to do about it."""

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cases.errors import Refusal


class NotSeeking(Refusal):
    code = "request_not_seeking"
    sentence = _("This request is over or put off. Take it up again before you give it places.")


class DirectionMissing(Refusal):
    code = "direction_missing"
    sentence = _("The people have not chosen a direction. Ask each adult, then record it.")


class SettlementMissing(Refusal):
    code = "settlement_missing"
    sentence = _("We do not know where they are. Ask for the settlement first.")


class NobodyTravels(Refusal):
    code = "nobody_travels"
    sentence = _("Nobody is recorded who travels. Add the people, or of a site only how many.")


class HoldsPlaces(Refusal):
    code = "holds_places"
    sentence = _("They hold places already. Give the places back first; how many travel can be changed then.")


class KnownByThemselves(Refusal):
    code = "known_by_themselves"
    sentence = _("Of these people it is known who they are. Only of a site or an institution is a number enough.")


class TiedApart(Refusal):
    code = "tied_apart"
    sentence = _(
        "They travel together with others who chose another direction or sit elsewhere. Ask them, then decide."
    )


class SeatedElsewhere(Refusal):
    code = "seated_elsewhere"
    sentence = _("One of them has a place by another request. Release it there first: nobody sits twice.")


class NoRoom(Refusal):
    code = "no_room"
    sentence = _("This convoy has no room for all of them. Their places stay as they were; choose another one.")


class OnlyPrivate(Refusal):
    code = "only_private_cars"
    sentence = _(
        "Only private cars have room for them here, and a child or a woman alone with children rides in none."
        " Choose another convoy, or add a bus."
    )


class DoesNotSuit(Refusal):
    code = "convoy_does_not_suit"
    sentence = _("This convoy goes another way, on another day, or does not stop near them. Choose another one.")


class ConvoyClosed(Refusal):
    code = "convoy_closed"
    sentence = _("This convoy takes nobody on: it has left, is suspended, or its corridor is not open.")


class UnverifiedFull(Refusal):
    code = "unverified_share_full"
    sentence = _("Unchecked requests hold their share of this window. Check the facts of this one first.")


class NeedsMedic(Refusal):
    code = "needs_medic"
    sentence = _("One of them travels with a medic only. Choose a convoy with an ambulance.")


class NotFit(Refusal):
    code = "not_fit_to_travel"
    sentence = _("A medic says one of them is not fit to travel. Ask the medic before they are given a place.")


class Aboard(Refusal):
    code = "aboard"
    sentence = _("Somebody of them is aboard. Their places change at the convoy, not here.")


class NothingHeld(Refusal):
    code = "nothing_held"
    sentence = _("They hold no places. Hold some first.")


class NotChecked(Refusal):
    code = "request_not_verified"
    sentence = _("The facts of this request were not checked. Check them before you confirm.")


class NotAllSeated(Refusal):
    code = "not_all_seated"
    sentence = _("Not all who travel have a place. Hold places for the others, or move all of them.")


class SplitWithoutConsent(Refusal):
    code = "split_without_consent"
    sentence = _("Somebody of the household stays behind. A household travels whole: record their consent to part.")


class Undecided(Refusal):
    code = "decision_missing"
    sentence = _("Not everybody has decided for themselves. Ask each adult alone, and the guardian for each child.")


class LoneChild(Refusal):
    code = "lone_child"
    sentence = _(
        "A child would travel alone. The protection officer records the carer's written consent and who receives it."
    )


class OfficerNeeded(Refusal):
    code = "officer_needed"
    sentence = _("A child travels without an adult of their own. Only the protection officer confirms it.")


class NotTheirs(Refusal):
    code = "not_a_traveller"
    sentence = _("This person does not travel with this request. Reload the page.")


class WrongDecider(Refusal):
    code = "wrong_decider"

    def __init__(self, sentence: str | Promise, *, field: str = "decided_by") -> None:
        super().__init__(sentence, field=field)


ADULTS_DECIDE: Final = _("An adult decides alone. Nobody else can decide for them, their family included.")
MINORS_DO_NOT: Final = _("A child's guardian decides, or two of the staff in the child's best interests.")
TWO_STAFF: Final = _(
    "A decision in somebody's best interests is made by two people: the protection officer and one from another post."
)
OFFICER_CONFIRMS: Final = _(
    "Only you read about this household. Let somebody from another post propose it, and confirm it."
)
SAY_WHY: Final = _("Say why it is in their best interests.")


class AlreadyProposed(Refusal):
    code = "interests_proposed"
    sentence = _("A decision for this person waits for a second person already. Confirm or refuse that one first.")


class DecidedMeanwhile(Refusal):
    code = "decided_meanwhile"
    sentence = _("Something was decided or changed for this person since. Look again, and propose it anew.")


class CarerConsentMissing(Refusal):
    code = "carer_consent_missing"
    sentence = _("Record the written consent of the parent or carer first: it must be a guardian's, and live.")


class ChangedMeanwhile(Refusal):
    code = "changed_meanwhile"
    sentence = _("They are not as the plan found them: a step, a check or their choice changed. Propose a plan again.")


class NeedsPlanner(Refusal):
    code = "needs_planner"
    sentence = _("A plan gives them no places any more. Look at their case, then move them by hand.")


# --- corridors and convoys -------------------------------------------------------------------------------------------


class NameTaken(Refusal):
    code = "corridor_name_taken"
    sentence = _("Another corridor has this name. Choose another one.")


class NotOpenable(Refusal):
    code = "corridor_without_agreement"
    sentence = _("Say with which authority the corridor is agreed before you open it.")


class InUse(Refusal):
    code = "corridor_in_use"
    sentence = _("People have places on it. Move or release them first.")


class OneWay(Refusal):
    code = "corridor_goes_one_way"
    sentence = _("The stops of this corridor are passed in one order. Plan another corridor for the way back.")


class Overlaps(Refusal):
    code = "window_overlaps"
    sentence = _("Another window of this corridor and direction is at that time. Change the times.")


class NumberTaken(Refusal):
    code = "convoy_number_taken"
    sentence = _("This window has another convoy of this number. Choose the next number.")


CORRIDOR_CLOSED: Final = _("This corridor is closed. Plan another one.")


class SecondPerson(Refusal):
    code = "second_person_needed"
    sentence = _("Two different people are needed. Ask a colleague to agree.")


class NothingProposed(Refusal):
    code = "nothing_proposed"
    sentence = _("Nobody has proposed it. Propose it first; somebody else agrees.")


class TooLate(Refusal):
    code = "proposal_lapsed"
    sentence = _("It waited too long for a second person and no longer counts. Look again, and propose it anew.")


class OtherProposed(Refusal):
    code = "other_proposed"
    sentence = _("Something else is proposed by now than you saw. Read who may be told, then agree to that.")


class OffTheCorridor(Refusal):
    code = "stop_outside_corridor"
    sentence = _("This is no stop of the corridor. Choose its stops, in the order in which they are passed.")


class ChangesVehicle(Refusal):
    code = "vehicle_passes_a_change"
    sentence = _("People change vehicle at a stop on this way. Enter one vehicle for each part.")


class NotVetted(Refusal):
    code = "private_car_not_vetted"
    sentence = _(
        "A private car carries only its own people until its driver was vetted for the day of departure."
        " Choose an offer that was vetted, or enter no places."
    )


class NoVehicleOffered(Refusal):
    code = "offer_is_no_vehicle"
    sentence = _("This is no offer of a vehicle. Only who drives is vetted.")


class OfferOver(Refusal):
    code = "offer_is_over"
    sentence = _("The case of this offer is closed. Reopen it if they still want to drive.")


class DrivesAlready(Refusal):
    code = "car_drives_already"
    sentence = _("This car drives in a convoy already that day. Take it out there first, or choose another offer.")


class EscortCarriesNobody(Refusal):
    code = "escort_carries_nobody"
    sentence = _("An escort carries nobody. Leave its places empty.")


class BelowTaken(Refusal):
    code = "capacity_below_taken"
    sentence = _("More people have places than that. Move some of them first, or say that the vehicle drops out.")


class StillOver(Refusal):
    code = "convoy_over"
    sentence = _("This convoy has fewer places than people. Move some of them first.")


class NoVehicles(Refusal):
    code = "convoy_without_vehicles"
    sentence = _("This convoy has no vehicle in service. Add one first.")
