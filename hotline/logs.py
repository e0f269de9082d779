"""Log lines that say what happened and to which id, never to whom.

Exceptions are logged by class and place only: their text and local variables can hold a name, a number, or a token
in an address.
"""

import logging
import traceback
from collections.abc import ItemsView, MutableMapping
from typing import Any

import structlog
from django.http import HttpRequest
from django.views.debug import SafeExceptionReporterFilter


def _without_text(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Keep an exception's class and stack positions; drop its message and its variables."""
    info = line.pop("exc_info", None)
    record: logging.LogRecord | None = line.get("_record")
    info = info or (record.exc_info if record else None)
    if info and info is not True and info[0] is not None:
        line["exception"] = info[0].__name__
        line["at"] = [
            f"{f.filename.rpartition('/')[2]}:{f.lineno} {f.name}" for f in traceback.extract_tb(info[2])[-6:]
        ]
    for name in ("stack_info", "request", "query", "exception_list"):
        line.pop(name, None)
    return line


def _only_templates(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Foreign log records keep their format string; their arguments may be anybody's data."""
    record: logging.LogRecord | None = line.get("_record")
    if record is not None and record.args and not record.name.startswith(("hotline", "cases")):
        line["event"] = str(record.msg)
    return line


def formatter() -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.add_log_level, structlog.processors.TimeStamper(fmt="iso")],
        processors=[
            _only_templates,
            _without_text,
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )


structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso"),
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)


class NothingPersonal(SafeExceptionReporterFilter):
    """The error report shows no setting, no form value and no local variable."""

    def get_post_parameters(self, request: HttpRequest | None) -> Any:
        return {}

    def get_traceback_frame_variables(self, request: Any, tb_frame: Any) -> ItemsView[str, Any]:
        return {}.items()
