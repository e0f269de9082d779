"""Alive, and able to serve."""

from django.core.cache import cache
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse

from cases.models import TriageRules


def alive(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


def ready(request: HttpRequest) -> HttpResponse:
    """The database answers, is migrated, and has its rules. Redis is not asked: the line works without it."""
    problems = []
    try:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            problems.append("migrations")
        if not TriageRules.objects.filter(published_at__isnull=False).exists():
            problems.append("reference data")
        cache.get("ready")
    except Exception as error:
        problems.append(type(error).__name__)
    return JsonResponse({"ready": not problems, "problems": problems}, status=503 if problems else 200)
