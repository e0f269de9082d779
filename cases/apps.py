"""The one app, and the admin site it brings."""

from importlib import import_module

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig

from cases.admin import ROOMS


class CasesConfig(AppConfig):
    name = "cases"
    verbose_name = "Hotline"


class HotlineAdminConfig(AdminConfig):
    default_site = "cases.admin.site.HotlineAdminSite"

    def ready(self) -> None:
        super().ready()
        for room in ROOMS:
            import_module(f"cases.admin.{room}")
