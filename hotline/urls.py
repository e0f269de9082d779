"""Every address of the product. Each route is declared in the access matrix of the tests."""

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

from cases.api import cases as api_cases
from cases.api import docs as api_docs
from cases.web import account, desk, health

urlpatterns = [
    path("", account.home, name="home"),
    path("language/", account.language, name="language"),
    path("duty/", account.duty, name="duty"),
    path("desk/", desk.page, name="desk"),
    path("desk/settlements/", desk.settlements, name="desk-settlements"),
    path("desk/people/", desk.people, name="desk-people"),
    path("case/<str:ref>/", account.case, name="case"),
    path("accounts/", include("allauth.account.urls")),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("admin/", admin.site.urls),
    path("api/v1/cases/", api_cases.CaseList.as_view(), name="api-cases"),
    path("api/v1/cases/<str:ref>/", api_cases.CaseDetail.as_view(), name="api-case"),
    path("api/v1/referrals/<uuid:uid>/<str:answer>/", api_cases.ReferralAnswer.as_view(), name="api-referral-answer"),
    path("api/v1/schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("api/v1/docs/", api_docs.Docs.as_view(), name="api-docs"),
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
]
