"""The one app, and the admin site it brings."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class CasesConfig(AppConfig):
    name = "cases"
    verbose_name = "Hotline"


class HotlineAdminConfig(AdminConfig):
    default_site = "cases.admin.site.HotlineAdminSite"
