"""The project as an app: its commands, and the Celery application that the nudges go through."""

from django.apps import AppConfig

from hotline.celery import app as celery_app


class HotlineConfig(AppConfig):
    name = "hotline"
    celery = celery_app
