"""What was referred to the partner who asks, and nothing else."""

from typing import Any

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cases.actors import Partner
from cases.domain import partners
from cases.enums import ReferralStatus
from cases.planning import reference
from cases.queries import referred

PAGE = 50
ANSWERS = {
    "accept": (partners.accept, ReferralStatus.ACCEPTED),
    "reject": (partners.reject, ReferralStatus.REJECTED),
    "finish": (partners.finish, ReferralStatus.DONE),
}


class Settlement(serializers.Serializer[Any]):
    name_en = serializers.CharField()
    name_uk = serializers.CharField()
    name_ru = serializers.CharField()
    pcode = serializers.CharField()


class Headcount(serializers.Serializer[Any]):
    low = serializers.IntegerField(allow_null=True)
    high = serializers.IntegerField(allow_null=True)


class ReferredPerson(serializers.Serializer[Any]):
    sex = serializers.CharField()
    age_band = serializers.CharField()
    mobility = serializers.CharField()
    specific_needs = serializers.ListField(child=serializers.CharField())
    surname = serializers.CharField(required=False)
    given_name = serializers.CharField(required=False)
    patronymic = serializers.CharField(required=False)


class ReferredNeed(serializers.Serializer[Any]):
    type = serializers.CharField()
    status = serializers.CharField()
    lasts_until = serializers.DateTimeField(allow_null=True)


class ReferredEvacuation(serializers.Serializer[Any]):
    direction = serializers.CharField()
    status = serializers.CharField()
    seats = serializers.IntegerField()
    wheelchairs = serializers.IntegerField()
    stretchers = serializers.IntegerField()
    animals = serializers.IntegerField()


class ReferredCase(serializers.Serializer[Any]):
    """A referred case; the parts after `headcount` are there when they were agreed."""

    referral = serializers.UUIDField()
    status = serializers.CharField()
    ref = serializers.CharField()
    priority = serializers.CharField()
    opened_at = serializers.DateTimeField()
    settlement = Settlement(allow_null=True)
    headcount = Headcount()
    people = ReferredPerson(many=True, required=False)
    needs = ReferredNeed(many=True, required=False)
    evacuation = ReferredEvacuation(many=True, required=False)
    address = serializers.CharField(required=False, allow_null=True)
    contact = serializers.CharField(required=False)
    contact_mode = serializers.CharField(required=False)
    safe_from = serializers.TimeField(required=False, allow_null=True)
    safe_to = serializers.TimeField(required=False, allow_null=True)
    text_ok = serializers.BooleanField(required=False)
    neutral_opening = serializers.BooleanField(required=False, help_text="Do not name the line first.")


class ReferredPage(serializers.Serializer[Any]):
    results = ReferredCase(many=True)
    next = serializers.CharField(allow_null=True)


class PartnerView(APIView):
    """A view whose user is the partner behind the key."""

    @property
    def partner(self) -> Partner:
        user = self.request.user
        assert isinstance(user, Partner), "the permission lets only partners in"
        return user


class CaseList(PartnerView):
    @extend_schema(
        operation_id="cases_list",
        responses=ReferredPage,
        parameters=[OpenApiParameter("after", str, description="The `next` of the page before.")],
    )
    def get(self, request: Request) -> Response:
        """The cases referred to you, in the order they were referred; 50 a page."""
        after = request.query_params.get("after", "0")
        if not after.isdigit() or len(after) > 18:
            raise serializers.ValidationError({"after": "unknown cursor"})
        found = list(referred.referrals_for(self.partner).filter(pk__gt=int(after)).order_by("pk")[: PAGE + 1])
        page = found[:PAGE]
        body = {
            "results": [referred.shown(referral, self.partner) for referral in page],
            "next": str(page[-1].pk) if len(found) > PAGE else None,
        }
        return Response(body, headers={"Cache-Control": "no-store"})


class CaseDetail(PartnerView):
    @extend_schema(operation_id="cases_read", responses=ReferredCase)
    def get(self, request: Request, ref: str) -> Response:
        """One case referred to you."""
        heard = reference.heard(ref)
        if heard is None:
            raise Http404
        referral = referred.referrals_for(self.partner).filter(case__ref=heard).order_by("-pk").first()
        if referral is None:
            raise Http404
        return Response(referred.shown(referral, self.partner), headers={"Cache-Control": "no-store"})


class ReferralAnswer(PartnerView):
    @extend_schema(
        operation_id="referrals_answer",
        request=None,
        responses=ReferredCase,
        parameters=[OpenApiParameter("answer", str, OpenApiParameter.PATH, enum=sorted(ANSWERS))],
    )
    def post(self, request: Request, uid: str, answer: str) -> Response:
        """Accept, reject or finish a referral. Asking twice is harmless."""
        if answer not in ANSWERS:
            raise Http404
        step, to = ANSWERS[answer]
        referral = referred.answered(self.partner, uid, to)
        if referral is None:
            raise Http404
        done = step(referral, by=self.partner)
        return Response({"referral": str(done.uid), "status": done.status})
