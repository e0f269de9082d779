"""Refusals: "no" with a stable code and a sentence a person can act on."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Refusal(Exception):
    """A verb said no. `code` is stable; `str()` is a sentence in the reader's language; `field` names the input."""

    code = "refused"
    status = 409
    sentence: str | Promise = _("This cannot be done now.")

    def __init__(self, sentence: str | Promise | None = None, *, field: str | None = None) -> None:
        self.field = field
        self.said = sentence or self.sentence
        super().__init__(self.code)

    def __str__(self) -> str:
        return str(self.said)


class Forbidden(Refusal):
    code = "forbidden"
    status = 403
    sentence = _("Your post does not allow this. Ask a coordinator or your supervisor.")


class IllegalMove(Refusal):
    code = "illegal_move"
    sentence = _("This step does not follow from where things stand. Reload the page to see what changed.")


class StalePage(Refusal):
    code = "stale_page"
    sentence = _("Somebody else changed this meanwhile. Your text is kept; reload to see theirs.")


class AlreadyTaken(Refusal):
    code = "already_taken"
    sentence = _("Somebody else has taken it.")


class NotYours(Refusal):
    code = "not_yours"
    sentence = _("The case is not yours any more.")


class KeyReused(Refusal):
    code = "idempotency_key_reused"
    sentence = _("This key was already used for something else. Send a new key with new content.")


class Invalid(Refusal):
    """Facts that cannot be recorded as they are; `field` says which."""

    code = "invalid"
    status = 422
    sentence = _("Something here cannot be right.")


class AskedBack(Refusal):
    """Possible but unlikely; the operator is asked to say that it is so."""

    code = "asked_back"
    status = 422
    sentence = _("This is unusual. Check it with the caller, then say that it is right.")


class ConsentMissing(Refusal):
    code = "consent_missing"
    sentence = _("There is no consent for this. Ask for it at the next call.")


class NobodyFits(Refusal):
    code = "nobody_fits"
    sentence = _("Nobody on duty can take this case now.")


class ReasonNeeded(Refusal):
    code = "reason_needed"
    sentence = _("Say why you need to see this. Your reason is recorded and a supervisor is told.")


class Erased(Refusal):
    code = "erased"
    status = 410
    sentence = _("This data was erased and cannot be read any more.")


class CaseStillOpen(Refusal):
    code = "case_still_open"
    sentence = _("A case of this household is still open. Close it before you erase.")


class NoteNeeded(Refusal):
    code = "note_needed"
    status = 422
    sentence = _("Say why in a short note.")
