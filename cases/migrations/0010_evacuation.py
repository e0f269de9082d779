"""Who checked a request, what a decision was about, two people for what opens a corridor, and convoys that are over."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


# What went on before the check was on record had been checked.
CHECKED = """
UPDATE cases_evacuationrequest SET verified_at = created_at
 WHERE verified_at IS NULL AND status IN ('verified', 'confirmed', 'boarded', 'arrived', 'diverted', 'safe')
"""


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0009_site_needs"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="alarm",
            name="alarm_kind_known",
        ),
        migrations.RemoveConstraint(
            model_name="clock",
            name="clock_kind_known",
        ),
        migrations.AddField(
            model_name="alarm",
            name="convoy",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="alarms", to="cases.convoy"
            ),
        ),
        migrations.AddField(
            model_name="corridor",
            name="resume_proposed_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="corridor",
            name="suspended_why",
            field=models.CharField(
                blank=True,
                choices=[
                    ("unsafe", "Not safe now"),
                    ("blocked", "The way is blocked"),
                    ("authority", "The agreement was withdrawn"),
                    ("vehicles", "No vehicles"),
                    ("weather", "Weather"),
                    ("other", "Another reason"),
                ],
                db_default="",
                default="",
                max_length=24,
            ),
        ),
        migrations.AddField(
            model_name="decision",
            name="direction",
            field=models.CharField(
                blank=True,
                choices=[("ukraine", "to Ukraine"), ("russia", "to Russia")],
                db_default="",
                default="",
                max_length=24,
            ),
        ),
        migrations.AddField(
            model_name="decision",
            name="note",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cases.note"
            ),
        ),
        migrations.AddField(
            model_name="evacuationrequest",
            name="verified_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="evacuationrequest",
            name="verified_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="window",
            name="agreed_with",
            field=models.CharField(blank=True, db_default="", default="", max_length=120),
        ),
        migrations.AddField(
            model_name="window",
            name="publicity_wanted",
            field=models.CharField(
                blank=True,
                choices=[
                    ("confirmed_only", "Confirmed travellers only"),
                    ("registered", "Registered people"),
                    ("public", "Public"),
                ],
                db_default="",
                default="",
                max_length=24,
            ),
        ),
        migrations.AlterField(
            model_name="alarm",
            name="kind",
            field=models.CharField(
                choices=[
                    ("red_key", "Red key"),
                    ("silent", "An operator asks for you"),
                    ("abuse", "Abusive call"),
                    ("heavy", "After a heavy call"),
                    ("unanswered", "A message waits for its first answer"),
                    ("failed", "An answer could not be sent"),
                    ("left_behind", "Nobody went on with an unfinished call"),
                    ("code_word", "A code word is guessed at"),
                    ("prying", "Many households were opened by one person"),
                    ("late", "Late, and not met"),
                    ("nobody", "Nobody can take a case"),
                    ("over", "A convoy has fewer places than people"),
                ],
                max_length=24,
            ),
        ),
        migrations.AlterField(
            model_name="clock",
            name="kind",
            field=models.CharField(
                choices=[
                    ("acknowledge", "Acknowledge"),
                    ("recontact", "Contact again"),
                    ("promise", "Promise"),
                    ("check_in", "Check-in"),
                    ("follow_up", "Follow-up call"),
                    ("fact_check", "Fact check of the evacuation"),
                ],
                max_length=24,
            ),
        ),
        migrations.AlterField(
            model_name="vehicle",
            name="kind",
            field=models.CharField(
                choices=[
                    ("bus", "Bus"),
                    ("van", "Van"),
                    ("adapted", "Adapted vehicle"),
                    ("ambulance", "Ambulance"),
                    ("private", "Private car"),
                    ("escort", "Escort"),
                ],
                max_length=12,
            ),
        ),
        migrations.AddIndex(
            model_name="evacuationrequest",
            index=models.Index(
                condition=models.Q(("status", "waiting_list")),
                fields=["direction", "waiting_since"],
                name="evacuation_waiting",
            ),
        ),
        migrations.AddConstraint(
            model_name="alarm",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "red_key",
                            "silent",
                            "abuse",
                            "heavy",
                            "unanswered",
                            "failed",
                            "left_behind",
                            "code_word",
                            "prying",
                            "late",
                            "nobody",
                            "over",
                        ],
                    )
                ),
                name="alarm_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="clock",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind__in", ["acknowledge", "recontact", "promise", "check_in", "follow_up", "fact_check"])
                ),
                name="clock_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="corridor",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("suspended_why__in", ["unsafe", "blocked", "authority", "vehicles", "weather", "other", ""])
                ),
                name="corridor_suspended_why_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="corridor",
            constraint=models.CheckConstraint(
                condition=models.Q(("status", "suspended"), ("resume_proposed_by__isnull", True), _connector="OR"),
                name="corridor_resumed_from_suspended",
            ),
        ),
        migrations.AddConstraint(
            model_name="decision",
            constraint=models.CheckConstraint(
                condition=models.Q(("direction__in", ["ukraine", "russia", ""])), name="decision_direction_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="decision",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("by", "best_interests"), _negated=True), ("note__isnull", False), _connector="OR"
                ),
                name="decision_best_interests_with_a_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="vehicle",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["bus", "van", "adapted", "ambulance", "private", "escort"])),
                name="vehicle_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="window",
            constraint=models.CheckConstraint(
                condition=models.Q(("publicity_wanted__in", ["confirmed_only", "registered", "public", ""])),
                name="window_publicity_wanted_known",
            ),
        ),
        migrations.RunSQL(CHECKED, migrations.RunSQL.noop),
    ]
