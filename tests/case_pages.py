"""The page of a case in a browser without a screen: signed in, read, a button pressed."""

from django.urls import reverse

from calls import entered
from cases.domain import intake
from cases.models import Assignment, Consent, Event, User


def sign_in(client, staff):
    client.force_login(User.objects.get(pk=staff.user_id))


def opened(cast, call="C01", refs=None):
    return intake.record(entered(call, refs), key=call, by=cast.operator).cases.get()


def page(case):
    return reverse("admin:cases_case_change", args=[case.pk])


def press(client, case, name, **fields):
    return client.post(reverse(f"admin:cases_case_{name}", args=[case.pk]), fields, follow=True)


def said(response):
    return [str(message) for message in response.context["messages"]]


def trace():
    return Event.objects.count(), Assignment.objects.count(), Consent.objects.filter(withdrawn_at=None).count()
