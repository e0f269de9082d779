from django.contrib import admin


class HotlineAdminSite(admin.AdminSite):
    pass
