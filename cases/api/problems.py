"""Every "no" of the API is application/problem+json (RFC 9457) with a stable code."""

from typing import Any

from rest_framework.exceptions import APIException, ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler

from cases.errors import Refusal

TYPE = "application/problem+json"


def handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """A Refusal, or one of the framework's own errors, as a problem; anything else stays an error."""
    if isinstance(error, Refusal):
        return problem(error.status, error.code, str(error), field=error.field)
    response = exception_handler(error, context)
    if response is None:
        return None
    code = error.default_code if isinstance(error, APIException) else "not_found"
    detail = str(error.detail) if isinstance(error, APIException) and not isinstance(error, ValidationError) else ""
    made = problem(response.status_code, str(code), detail)
    for name in ("WWW-Authenticate", "Retry-After", "Allow"):
        if name in response.headers:
            made.headers[name] = response.headers[name]
    return made


def problem(status: int, code: str, detail: str = "", **more: Any) -> Response:
    body = {"type": "about:blank", "status": status, "code": code, "detail": detail}
    body |= {name: value for name, value in more.items() if value}
    return Response(body, status=status, content_type=TYPE)
