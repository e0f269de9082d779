"""Every address of the product. Each route is declared in the access matrix of the tests."""

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

from cases.api import cases as api_cases
from cases.api import docs as api_docs
from cases.api import telephony as api_telephony
from cases.web import account, desk, desk_call, desk_card, desk_drafts, desk_work, health, live

urlpatterns = [
    path("", account.home, name="home"),
    path("language/", account.language, name="language"),
    path("duty/", account.duty, name="duty"),
    path("desk/", desk.page, name="desk"),
    path("desk/settlements/", desk.settlements, name="desk-settlements"),
    path("desk/people/", desk.people, name="desk-people"),
    path("desk/known/", desk_card.known, name="desk-known"),
    path("desk/draft/", desk_drafts.save, name="draft-save"),
    path("desk/draft/touch/", desk_drafts.touch, name="draft-touch"),
    path("desk/draft/<uuid:uid>/take/", desk_drafts.take, name="draft-take"),
    path("desk/draft/<uuid:uid>/close/", desk_drafts.close, name="draft-close"),
    path("desk/red-key/", desk_drafts.red_key, name="red-key"),
    path("desk/card/", desk_card.card, name="card"),
    path("desk/card/open/", desk_card.open_card, name="card-open"),
    path("desk/code-word/", desk_card.code_word, name="code-word"),
    path("desk/reached/", desk_card.reached, name="reached"),
    path("desk/tell/", desk_card.tell, name="tell"),
    path("desk/search/", desk_card.search, name="search"),
    path("desk/call/<uuid:uid>/claim/", desk_call.claim, name="call-claim"),
    path("desk/call/<uuid:uid>/listen/", desk_call.listen, name="call-listen"),
    path("desk/call/<uuid:uid>/reply/", desk_work.reply, name="call-reply"),
    path("desk/hang-up/", desk_call.hang_up, name="hang-up"),
    path("desk/recuse/", desk_call.recuse, name="recuse"),
    path("desk/warn/", desk_call.warn, name="warn"),
    path("desk/supervisor/", desk_call.supervisor, name="supervisor"),
    path("desk/presence/", desk_call.be, name="presence"),
    path("desk/listening/<uuid:uid>/stop/", desk_call.stop_listening, name="listening-stop"),
    path("desk/callback/<uuid:uid>/call/", desk_call.call_back, name="callback-call"),
    path("desk/callback/<uuid:uid>/not-reached/", desk_call.not_reached, name="callback-not-reached"),
    path("desk/callback/<uuid:uid>/written/", desk_call.written, name="callback-written"),
    path("desk/callback/<uuid:uid>/allow/", desk_call.allow, name="callback-allow"),
    path("desk/callback/<uuid:uid>/give-up/", desk_call.give_up, name="callback-give-up"),
    path("desk/work/", desk_work.page, name="work"),
    path("desk/leave/", desk_work.leave, name="leave"),
    path("desk/handover/<uuid:uid>/take/", desk_work.take, name="handover-take"),
    path("alarm/<uuid:uid>/", desk_call.answer, name="alarm-answer"),
    path("live/", live.state, name="live"),
    path("case/<str:ref>/", account.case, name="case"),
    path("accounts/", include("allauth.account.urls")),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("admin/", admin.site.urls),
    path("api/v1/cases/", api_cases.CaseList.as_view(), name="api-cases"),
    path("api/v1/cases/<str:ref>/", api_cases.CaseDetail.as_view(), name="api-case"),
    path("api/v1/referrals/<uuid:uid>/<str:answer>/", api_cases.ReferralAnswer.as_view(), name="api-referral-answer"),
    path("api/v1/telephony/events", api_telephony.Events.as_view(), name="api-telephony-events"),
    path("api/v1/telephony/events/", api_telephony.Events.as_view(), name="api-telephony-events-slash"),
    path("api/v1/telephony/twilio", api_telephony.Twilio.as_view(), name="api-telephony-twilio"),
    path("api/v1/telephony/asterisk", api_telephony.Asterisk.as_view(), name="api-telephony-asterisk"),
    path("api/v1/messages", api_telephony.Messages.as_view(), name="api-messages"),
    path("api/v1/schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("api/v1/docs/", api_docs.Docs.as_view(), name="api-docs"),
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
]
