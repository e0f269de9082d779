"""Sign-in: accounts are made by an administrator, and permissions come from posts."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.backends import BaseBackend
from django.http import HttpRequest

from cases import policy
from cases.actors import Staff
from cases.domain import staff
from cases.models import User

REFERENCE = frozenset(
    {"place", "needtype", "specificneedcode", "disposition", "observationcode", "unmetreason", "item", "kit", "kitline"}
)
VERSIONED = frozenset({"triagerules", "consenttext", "template", "script"})
# Versions that an edit adds to; the others are published from files.
REWRITTEN = frozenset({"script"})
STAFF = frozenset({"user", "post", "partner", "apikey"})
AUDIT = frozenset({"event", "disclosure"})
PAIRS = {"match": "matching.compare", "personlink": "matching.answer", "merge": "merging.undo"}
ROSTER = frozenset({"shift"})
CASES = frozenset({"case", "message", "referral"})


class StaffAccounts(DefaultAccountAdapter):
    """Nobody signs up by themselves."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def logout(self, request: HttpRequest) -> None:
        """Sign out; what this person's browser still keeps opens for nobody any more."""
        if isinstance(request.user, User):
            staff.close_vault(by=actor_of(request.user))
        super().logout(request)


def may(actor: Staff, action: str, model: str) -> bool:
    """The admin's permission `cases.<action>_<model>` in terms of the policy."""
    roles = actor.roles
    if model in REFERENCE or model in VERSIONED:
        if action == "view":
            return bool(roles & (policy.MAY_EDIT_REFERENCE | policy.MAY_READ_CASES))
        edited = model in REFERENCE or (model in REWRITTEN and action == "change")
        return action in {"add", "change"} and edited and bool(roles & policy.MAY_EDIT_REFERENCE)
    if model in STAFF:
        if action == "view":
            return bool(roles & (policy.MAY_EDIT_STAFF | policy.VERBS["assignment.assign"]))
        return action in {"add", "change"} and bool(roles & policy.MAY_EDIT_STAFF)
    if model in AUDIT:
        return action == "view" and bool(roles & policy.MAY_READ_AUDIT)
    if model in ROSTER:
        return action == "view" and policy.allows("assignment.report_absence", actor)
    if model in PAIRS:
        return action == "view" and policy.allows(PAIRS[model], actor)
    if model in CASES:
        return action == "view" and bool(roles & policy.MAY_READ_CASES)
    return False


class SignInBackend(AuthenticationBackend):
    """allauth's sign-in, without Django's own groups and permissions: those do not exist here."""

    def get_user(self, user_id: int) -> User | None:
        """Whoever is signed in, with their posts: every page asks for both."""
        user = User.objects.with_posts().filter(pk=user_id).first()
        return user if user is not None and self.user_can_authenticate(user) else None

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        return False

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        return set()


class PolicyBackend(BaseBackend):
    """Maps the admin's permissions to the policy. There is no superuser to bypass it."""

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> None:
        return None

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        app, _, name = perm.partition(".")
        action, _, model = name.partition("_")
        if app != "cases" or not isinstance(user_obj, User) or not user_obj.is_active:
            return False
        return may(actor_of(user_obj), action, model)


def actor_of(user: User) -> Staff:
    """The actor of a signed-in user, read once a request."""
    cached: Staff | None = getattr(user, "_actor", None)
    if cached is None:
        cached = user._actor = user.as_actor()  # type: ignore[attr-defined]
    return cached
