"""Celery executes what the job table says; it holds no truth of its own."""

import os

from celery import Celery
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hotline.settings")

app = Celery("hotline")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["cases"])
app.conf.beat_schedule = {
    "sweep": {"task": "cases.sweep", "schedule": settings.HOTLINE_SWEEP_SECONDS, "options": {"expires": 10}},
}
