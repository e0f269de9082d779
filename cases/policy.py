"""Which role may use which verb: one table, and the check that every verb passes.

A verb runs inside `running()`; `Model.objects.locked()` calls `check_locked` on what it locked, and a verb that
creates from nothing calls `require()`. A verb that did neither raises `NeverChecked`: forgetting is not possible.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

from cases.actors import Actor, Partner, Staff, System
from cases.enums import Role
from cases.errors import Forbidden

_R = Role
_DESK: Final = frozenset({_R.OPERATOR, _R.COORDINATOR, _R.SUPERVISOR, _R.PROTECTION})
_ROOM: Final = frozenset({_R.COORDINATOR, _R.SUPERVISOR})
_CASE: Final = frozenset({_R.COORDINATOR, _R.SUPERVISOR, _R.PROTECTION, _R.MEDIC, _R.DISPATCHER})
_MATCH: Final = _ROOM | {_R.PROTECTION}
_LISTEN: Final = frozenset({_R.SUPERVISOR})
_ADMIN: Final = frozenset({_R.ADMINISTRATOR})
_PLAN: Final = frozenset({_R.DISPATCHER, _R.SUPERVISOR})
_GROUND: Final = _PLAN | {_R.FIELD, _R.MEDIC}
_CONFIRM: Final = frozenset({_R.COORDINATOR, _R.SUPERVISOR, _R.PROTECTION, _R.DISPATCHER})
_RULES: Final = frozenset({_R.SUPERVISOR, _R.ADMINISTRATOR})
SYSTEM: Final = "system"
PARTNER: Final = "partner"

VERBS: Final[dict[str, frozenset[str]]] = {
    "intake.record": _DESK,
    "intake.red_key": _DESK,
    "intake.keep_dropped": frozenset({SYSTEM}),
    "drafts.save": _DESK,
    "drafts.touch": _DESK,
    "drafts.take": _DESK,
    "drafts.close": _DESK,
    "calls.heard": frozenset({SYSTEM}),
    "calls.settle": frozenset({SYSTEM}),
    "calls.claim": _DESK,
    "calls.call_back": _DESK,
    "calls.recuse": _DESK,
    "calls.hang_up": _DESK,
    "calls.confirm": _DESK,
    "calls.reached": _DESK,
    "calls.warn": _DESK,
    "calls.listen": _LISTEN,
    "calls.stop_listening": _LISTEN,
    "callbacks.release": _DESK,
    "callbacks.written": _DESK,
    "callbacks.allow": _LISTEN,
    "callbacks.give_up": _LISTEN,
    "inbox.receive": frozenset({SYSTEM}),
    "inbox.late": frozenset({SYSTEM}),
    "inbox.reply": _DESK,
    "inbox.settle": frozenset({SYSTEM}),
    "presence.choose": _DESK,
    "presence.end_break": frozenset({SYSTEM}),
    "alarms.call_supervisor": _DESK,
    "alarms.answer": _DESK | {_R.DISPATCHER},
    "handover.leave": _DESK,
    "handover.take": _DESK,
    "handover.left": frozenset({SYSTEM}),
    "handover.stranded": frozenset({SYSTEM}),
    "assignment.assign": _ROOM,
    "assignment.claim": _CASE,
    "assignment.hand_back": _CASE,
    "assignment.decline": _CASE,
    "assignment.pass_on": _CASE,
    "assignment.auto": frozenset({SYSTEM}),
    "assignment.expire": frozenset({SYSTEM}),
    "assignment.rehome": frozenset({SYSTEM}),
    "assignment.off_at_end": frozenset({SYSTEM}),
    "assignment.plan_shift": _ROOM,
    "assignment.cancel_shift": _ROOM,
    "assignment.report_absence": frozenset(_R.values) - {_R.AUDITOR},
    "assignment.set_duty": frozenset(_R.values) - {_R.AUDITOR},
    "triage.rescore": _ROOM | {SYSTEM},
    "triage.rescore_due": frozenset({SYSTEM}),
    "triage.override": _ROOM,
    "triage.lift": _ROOM,
    "rules.start_draft": _RULES,
    "rules.save_draft": _RULES,
    "rules.discard": _RULES,
    "rules.publish": _RULES,
    "rules.rescore_all": frozenset({SYSTEM}),
    "follow_up.start": _CASE,
    "follow_up.wait": _CASE,
    "follow_up.resolve": _CASE,
    "follow_up.close": _ROOM,
    "follow_up.reopen": _CASE,
    "follow_up.settle_proposal": _CASE,
    "follow_up.note": _CASE | _DESK,
    "follow_up.end_need": _CASE,
    "follow_up.end_request": _CASE,
    "escalation.fire": frozenset({SYSTEM}),
    "site_needs.gather": _ROOM | {_R.DISPATCHER},
    "site_needs.finish": _ROOM | {_R.DISPATCHER},
    "corridors.plan": _PLAN,
    "corridors.open": _PLAN,
    "corridors.close": _PLAN,
    "corridors.add_window": _PLAN,
    "corridors.propose_publicity": _PLAN,
    "corridors.agree_publicity": _PLAN,
    "corridors.suspend": _PLAN | {_R.COORDINATOR},
    "corridors.propose_resume": _PLAN,
    "corridors.resume": _PLAN,
    "corridors.lapse": frozenset({SYSTEM}),
    "convoys.plan": _PLAN,
    "convoys.clear": _PLAN,
    "convoys.add_vehicle": _PLAN,
    "convoys.add_own_car": _PLAN,
    "convoys.join": _PLAN,
    "convoys.change_vehicle": _PLAN,
    "convoys.drop_out": _PLAN | {_R.FIELD},
    "convoys.bring_back": _PLAN,
    "convoys.appoint": _PLAN,
    "convoys.dismiss": _PLAN,
    "convoys.freeze": _PLAN,
    "convoys.settle": _PLAN,
    "convoys.reconcile": _PLAN,
    "convoys.report": _PLAN,
    "convoys.take_back": _PLAN,
    "convoys.move_stop": _PLAN,
    "convoys.acknowledge": _DESK | {_R.DISPATCHER},
    "convoys.watch": frozenset({SYSTEM}),
    "field.take": _GROUND,
    "field.bundle": _GROUND,
    "field.sync": _GROUND,
    "field.revoke": _PLAN | {_R.FIELD},
    "field.print": _PLAN | {_R.FIELD},
    "field.export": _PLAN | {_R.FIELD},
    "evacuation.heard_safe": _DESK | {_R.DISPATCHER, _R.FIELD},
    "evacuation.name_receiver": _DESK | {_R.DISPATCHER, _R.FIELD},
    "evacuation.hand_over": _DESK | {_R.DISPATCHER, _R.FIELD},
    "evacuation.settle_in": _CONFIRM,
    "evacuation.move_on": _CONFIRM,
    "evacuation.lose_contact": _ROOM | {_R.PROTECTION},
    "evacuation.offer_again": _DESK | {_R.DISPATCHER},
    "evacuation.verify": _CONFIRM,
    "evacuation.take_up": _DESK | {_R.DISPATCHER},
    "evacuation.redirect": _DESK | {_R.DISPATCHER},
    "evacuation.decide": _DESK | {_R.DISPATCHER},
    "evacuation.propose_interests": _DESK | {_R.DISPATCHER},
    "evacuation.agree_interests": _CONFIRM,
    "evacuation.refuse_interests": _DESK | {_R.DISPATCHER},
    "evacuation.lapse_interests": frozenset({SYSTEM}),
    "evacuation.part": _DESK | {_R.DISPATCHER},
    "evacuation.entrust": frozenset({_R.PROTECTION}),
    "evacuation.assess": frozenset({_R.MEDIC}),
    "evacuation.count": _DESK | {_R.DISPATCHER},
    "evacuation.hold": _DESK | {_R.DISPATCHER},
    "evacuation.confirm": _CONFIRM,
    "evacuation.release": _CONFIRM,
    "evacuation.rebook": _CONFIRM,
    "evacuation.move": _PLAN,
    "evacuation.open_driver": _PLAN | {_R.COORDINATOR},
    "evacuation.vet_driver": _PLAN | {_R.COORDINATOR},
    "evacuation.withdraw_vetting": _PLAN | {_R.COORDINATOR},
    "evacuation.apply_plan": _PLAN,
    "evacuation.lapse": frozenset({SYSTEM}),
    "evacuation.look": frozenset({SYSTEM}),
    "evacuation.offer": frozenset({SYSTEM}),
    "evacuation.tell": frozenset({SYSTEM}),
    "watch.mend": frozenset({SYSTEM}),
    "watch.note": frozenset({SYSTEM}),
    "watch.wake_clocks": frozenset({SYSTEM}),
    "notifications.settle": frozenset({SYSTEM}),
    "naming.reindex": frozenset({SYSTEM}),
    "matching.look": frozenset({SYSTEM}),
    "matching.compare": _MATCH,
    "matching.keep_apart": _MATCH,
    "matching.answer": frozenset({_R.PROTECTION}),
    "merging.merge": _MATCH,
    "merging.undo": _MATCH,
    "merging.split": _MATCH,
    "merging.group": _MATCH,
    "partners.offer": _CASE,
    "partners.accept": frozenset({PARTNER}),
    "partners.reject": frozenset({PARTNER}),
    "partners.finish": frozenset({PARTNER}),
    "partners.expire": frozenset({SYSTEM}),
    "partners.issue_key": _ADMIN,
    "partners.revoke_key": _ADMIN,
    "consents.give": _DESK | _CASE,
    "consents.withdraw": _DESK | _CASE,
    "disclosure.open": _DESK | _CASE,
    "erasure.erase": frozenset({_R.SUPERVISOR, _R.PROTECTION}),
    "staff.set_language": frozenset(_R.values),
    "staff.close_vault": frozenset(_R.values),
    "staff.first_administrator": frozenset({SYSTEM}),
    "staff.edit": _ADMIN,
    "views.save": _DESK | _CASE | {_R.AUDITOR},
    "views.forget": _DESK | _CASE | {_R.AUDITOR},
    "reference.edit": frozenset({_R.ADMINISTRATOR, _R.SUPERVISOR}),
}
# What may be seen in the admin; reading is a permission of its own.
MAY_READ_CASES: Final = _DESK | _CASE | {_R.AUDITOR}
MAY_READ_AUDIT: Final = frozenset({_R.AUDITOR, _R.SUPERVISOR, _R.PROTECTION})
MAY_EDIT_REFERENCE: Final = VERBS["reference.edit"]
MAY_EDIT_STAFF: Final = _ADMIN


class NeverChecked(AssertionError):
    """A verb finished without anybody having asked whether its actor may use it."""


@dataclass(slots=True)
class Running:
    verb: str
    by: Actor
    checked: bool = False


_running: ContextVar[Running | None] = ContextVar("running_verb", default=None)


def current() -> Running | None:
    return _running.get()


@contextmanager
def running(verb: str, by: Actor) -> Iterator[Running]:
    """Mark a verb as running; raises NeverChecked at its end when no check was made."""
    mine = Running(verb, by)
    token = _running.set(mine)
    try:
        yield mine
        if not mine.checked:
            raise NeverChecked(f"{verb} ended without a policy check: lock through locked() or call policy.require()")
    finally:
        _running.reset(token)


def allows(verb: str, by: Actor) -> bool:
    """May this actor use this verb on anything at all? The rows are checked by `visible_to`."""
    roles = VERBS[verb]
    match by:
        case Staff():
            return bool(by.roles & roles)
        case Partner():
            return PARTNER in roles
        case System():
            return SYSTEM in roles


def posts_for(verb: str, by: Staff) -> tuple[str, ...]:
    """The area paths in which this actor may use the verb; an empty path is everywhere."""
    return tuple(post.area_path for post in by.posts if post.role in VERBS[verb])


def reading_paths(by: Staff, roles: frozenset[str] = MAY_READ_CASES) -> tuple[str, ...]:
    """The area paths of the posts that read (cases, unless other roles are named); an empty path is everywhere."""
    return tuple(post.area_path for post in by.posts if post.role in roles)


def require() -> None:
    """Check the running verb's actor; for verbs that create and so have nothing to lock first."""
    run = _running.get()
    if run is None:
        raise NeverChecked("policy.require() was called outside a verb")
    if not allows(run.verb, run.by):
        raise Forbidden
    run.checked = True
