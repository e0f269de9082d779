"""Celery executes what the job table says; it holds no truth of its own."""

import os

from celery import Celery
from celery.schedules import crontab
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hotline.settings")

app = Celery("hotline")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["cases"])
app.conf.beat_schedule = {
    "sweep": {"task": "cases.sweep", "schedule": settings.HOTLINE_SWEEP_SECONDS, "options": {"expires": 10}},
    # Two of them are harmless, and a lost one is followed by the next: what they find they mend once.
    "watch": {"task": "cases.watch", "schedule": settings.HOTLINE_WATCH_SECONDS, "options": {"expires": 30}},
    "nightly": {"task": "cases.nightly", "schedule": crontab(hour=1, minute=30), "options": {"expires": 3600}},
}
