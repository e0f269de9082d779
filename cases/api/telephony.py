"""The telephone's way in, and that of written messages. Told twice, each event and each message is kept once."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from cases.actors import System
from cases.api.signed import SignedView, TwilioSignature, fields, form
from cases.domain import calls, inbox
from cases.errors import Invalid
from cases.planning.exchange import asterisk, own, twilio
from cases.planning.exchange.fields import NotUnderstood, moment, text
from cases.planning.telephony import Heard


class Exchange(SignedView):
    """A door of one exchange: what it tells is kept, what does not concern a caller is accepted and forgotten."""

    def told(self, request: Request, now: datetime) -> Heard | None:
        raise NotImplementedError

    def post(self, request: Request) -> Response:
        """Hear one event. 422 with a sentence for one that cannot be read."""
        try:
            event = self.told(request, timezone.now())
        except NotUnderstood as error:
            raise Invalid(str(error), field=error.field) from None
        if event is not None:
            calls.heard(event, by=sender(request))
        return accepted()


class Events(Exchange):
    def told(self, request: Request, now: datetime) -> Heard:
        return own.event(fields(request), now=now)


class Twilio(Exchange):
    authentication_classes = [TwilioSignature]

    def told(self, request: Request, now: datetime) -> Heard | None:
        return twilio.event(form(request).dict(), now=now)


class Asterisk(Exchange):
    def told(self, request: Request, now: datetime) -> Heard | None:
        return asterisk.event(fields(request), now=now, delivery=request.headers["webhook-id"][:200])


class Messages(SignedView):
    def post(self, request: Request) -> Response:
        """Take one written message: {"channel", "from", "text", "message_id", "at"}."""
        body = fields(request)
        try:
            inbox.receive(
                channel=text(body, "channel", needed=True),
                sender=text(body, "from", needed=True),
                text=_words(body),
                message_id=text(body, "message_id", needed=True),
                at=min(moment(text(body, "at", needed=True)), timezone.now()),
                by=sender(request),
            )
        except NotUnderstood as error:
            raise Invalid(str(error), field=error.field) from None
        return accepted()


def _words(body: dict[str, Any]) -> str:
    """What they wrote; half a character that some gateway cut through must not lose the rest."""
    said = body.get("text")
    if not isinstance(said, str):
        raise NotUnderstood("text must be a text.", "text")
    return said.encode("utf-8", "replace").decode()


def sender(request: Request) -> System:
    user = request.user
    assert isinstance(user, System), "the signature lets only machines in"
    return user


def accepted() -> Response:
    return Response({}, status=202)
