"""The day itself: who is on the ground, the frozen list, and every word of theirs, in the order it reached us."""

from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from cases.actors import Actor, Staff
from cases.enums import CrewDuty, EntryOutcome, FieldAct, SafeHow
from cases.models.base import Row, Rows, one_of, text_choice
from cases.models.evacuation.convoys import Convoy


class CrewRows(Rows):
    """Somebody on the ground sees what is theirs; who sees the convoy sees its whole crew."""

    def visible_to(self, actor: Actor) -> Self:
        return self.filter(convoy__in=Convoy.objects.visible_to(actor).values("pk"))

    def on_duty(self) -> Self:
        """Crews that stand, and whose time is not over."""
        return self.filter(Q(until__isnull=True) | Q(until__gt=timezone.now()), ended_at__isnull=True)


class Crew(Row):
    """Who boards, rides with, receives or waits for a convoy, and so sees its list. `until`: when that ends."""

    convoy = models.ForeignKey("cases.Convoy", on_delete=models.PROTECT, related_name="crew")
    user = models.ForeignKey("cases.User", on_delete=models.PROTECT, related_name="+")
    duty = text_choice(CrewDuty)
    until = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects = CrewRows.as_manager()

    class Meta:
        constraints = [
            one_of("duty", CrewDuty, "crew_duty_known"),
            models.UniqueConstraint(
                fields=["convoy", "user", "duty"], condition=Q(ended_at__isnull=True), name="crew_once_a_duty"
            ),
        ]


class Manifest(Row):
    """The list of a convoy as it was frozen: codes and kinds of place, no names. Append-only; the last one counts.

    `lines`: seat uid, case ref, kind of place, stops, in the order they are boarded. `digest` is printed on each sheet.
    """

    convoy = models.ForeignKey("cases.Convoy", on_delete=models.PROTECT, related_name="manifests")
    number = models.PositiveSmallIntegerField()
    frozen_by = models.ForeignKey("cases.User", on_delete=models.PROTECT, related_name="+")
    lines = models.JSONField()
    digest = models.CharField(max_length=64)

    objects = CrewRows.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["convoy", "number"], name="manifest_number_once_a_convoy")]


class DeviceRows(CrewRows):
    def visible_to(self, actor: Actor) -> Self:
        """One's own phones too when one is off the crew: what they have not sent is still taken."""
        mine = Q(user=actor.user_id) if isinstance(actor, Staff) else Q(pk__in=[])
        return self.filter(mine | Q(convoy__in=Convoy.objects.visible_to(actor).values("pk")))


class FieldDevice(Row):
    """A phone that carries the list of a convoy, encrypted. When lost it is revoked: it gets nothing any more.

    What it recorded before is still taken. `skew`: by how many seconds its clock is behind ours, as last seen.
    """

    convoy = models.ForeignKey("cases.Convoy", on_delete=models.PROTECT, related_name="devices")
    user = models.ForeignKey("cases.User", on_delete=models.PROTECT, related_name="+")
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    synced_at = models.DateTimeField(null=True)
    skew = models.IntegerField(default=0)

    objects = DeviceRows.as_manager()


class FieldEntry(Row):
    """One word from the ground: append-only but for its outcome. `uid` was made on the phone, so it counts once.

    `said_at` is what the phone's clock said, `at` the same by ours; `order` counts on the phone. `data` holds codes.
    """

    convoy = models.ForeignKey("cases.Convoy", on_delete=models.PROTECT, related_name="entries")
    device = models.ForeignKey(FieldDevice, null=True, on_delete=models.PROTECT, related_name="entries")
    seat = models.ForeignKey("cases.Seat", null=True, on_delete=models.PROTECT, related_name="entries")
    act = text_choice(FieldAct)
    at = models.DateTimeField()
    said_at = models.DateTimeField()
    order = models.PositiveIntegerField(default=0)
    takes_back = models.UUIDField(null=True)
    data = models.JSONField(default=dict)
    recorded_by = models.ForeignKey("cases.User", on_delete=models.PROTECT, related_name="+")
    outcome = text_choice(EntryOutcome, default=EntryOutcome.APPLIED)
    code = models.CharField(max_length=40, blank=True, default="")
    settled_by = models.ForeignKey("cases.User", null=True, on_delete=models.PROTECT, related_name="+")

    objects = CrewRows.as_manager()

    class Meta:
        indexes = [models.Index(fields=["convoy", "outcome"], name="entry_outcome")]
        constraints = [
            one_of("act", FieldAct, "entry_act_known"),
            one_of("outcome", EntryOutcome, "entry_outcome_known"),
            models.CheckConstraint(
                condition=Q(act="taken_back") | Q(takes_back__isnull=True), name="entry_takes_back_one"
            ),
        ]


class StopChange(Row):
    """A convoy collects people elsewhere than at a stop of its corridor. A marshal waits at the old one."""

    convoy = models.ForeignKey("cases.Convoy", on_delete=models.PROTECT, related_name="stop_changes")
    seq = models.PositiveSmallIntegerField()
    place = models.ForeignKey("cases.Place", on_delete=models.PROTECT, related_name="+")
    landmark = models.CharField(max_length=200, blank=True, default="")
    marshal = models.ForeignKey("cases.User", on_delete=models.PROTECT, related_name="+")
    marshal_until = models.DateTimeField()
    changed_by = models.ForeignKey("cases.User", on_delete=models.PROTECT, related_name="+")
    replaced_at = models.DateTimeField(null=True)

    objects = CrewRows.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["convoy", "seq"], condition=Q(replaced_at__isnull=True), name="stop_change_one_live"
            )
        ]


class AckRows(Rows):
    def visible_to(self, actor: Actor) -> Self:
        return self.filter(change__convoy__in=Convoy.objects.visible_to(actor).values("pk"))


class StopAck(Row):
    """A household of a changed stop, until it said that it heard where to go. Whom nobody reached stands here."""

    change = models.ForeignKey(StopChange, on_delete=models.PROTECT, related_name="acks")
    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="+")
    called_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey("cases.User", null=True, on_delete=models.PROTECT, related_name="+")

    objects = AckRows.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["change", "case"], name="stop_ack_once_a_household")]


class HeardSafe(Row):
    """An adult said themselves that they are safe, or the reception saw them; append-only."""

    request = models.ForeignKey("cases.EvacuationRequest", on_delete=models.PROTECT, related_name="heard")
    person = models.ForeignKey("cases.Person", on_delete=models.PROTECT, related_name="+")
    how = text_choice(SafeHow)
    recorded_by = models.ForeignKey("cases.User", on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            one_of("how", SafeHow, "heard_safe_how_known"),
            models.UniqueConstraint(fields=["request", "person"], name="heard_safe_once"),
        ]


class Stay(Row):
    """A household in a transit centre, seven days at most."""

    request = models.ForeignKey("cases.EvacuationRequest", on_delete=models.PROTECT, related_name="stays")
    place = models.ForeignKey("cases.Place", on_delete=models.PROTECT, related_name="+")
    until = models.DateTimeField()
    left_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["request"], condition=Q(left_at__isnull=True), name="stay_one_at_a_time"),
            models.CheckConstraint(condition=Q(until__gt=F("created_at")), name="stay_ends_after_it_began"),
        ]
