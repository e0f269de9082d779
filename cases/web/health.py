"""Alive, and able to serve."""

import hmac
import time
from ipaddress import ip_address

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django_prometheus.exports import ExportToDjangoView

from cases.models import TriageRules
from cases.queries import forgotten


def alive(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


MIGRATED_FOR = 5.0
_migrated_until = [0.0]


def migrated() -> bool:
    """No migration is missing. A good answer holds for five seconds: it reads every migration from the disk."""
    if time.monotonic() < _migrated_until[0]:
        return True
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return False
    _migrated_until[0] = time.monotonic() + MIGRATED_FOR
    return True


def ready(request: HttpRequest) -> HttpResponse:
    """The database answers, is migrated, and has its rules. Redis is not asked: the line works without it."""
    problems = []
    try:
        if not migrated():
            problems.append("migrations")
        if not TriageRules.objects.filter(published_at__isnull=False).exists():
            problems.append("reference data")
        cache.get("ready")
    except Exception as error:
        problems.append(type(error).__name__)
    return JsonResponse({"ready": not problems, "problems": problems}, status=503 if problems else 200)


def metrics(request: HttpRequest) -> HttpResponse:
    """Counters, for this machine and for who has the token: they tell how busy the line is, and where."""
    if not (_is_near(request) or _has_token(request)):
        raise Http404
    shown: HttpResponse = ExportToDjangoView(request)
    shown.write(_forgotten())
    return shown


def _forgotten() -> str:
    """Open cases without owner, queue or clock, by kind: counted now, not by whichever process last looked."""
    lines = [f'hotline_cases_forgotten{{kind="{kind}"}} {count}' for kind, count in forgotten.counts().items()]
    head = "# HELP hotline_cases_forgotten Open cases nobody would come back to; must be 0."
    return "\n".join([head, "# TYPE hotline_cases_forgotten gauge", *lines, ""])


def _is_near(request: HttpRequest) -> bool:
    """From this machine, and not passed on by a proxy that stands on it."""
    if "HTTP_X_FORWARDED_FOR" in request.META:
        return False
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


def _has_token(request: HttpRequest) -> bool:
    wanted, said = settings.HOTLINE_METRICS_TOKEN, request.headers.get("Authorization", "")
    return bool(wanted) and hmac.compare_digest(f"Bearer {wanted}".encode(), said.encode())
