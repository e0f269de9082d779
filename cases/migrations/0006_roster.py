"""Shifts and absences, what staff can do, and how far up a late clock was told."""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models


def restrict(apps, schema_editor):
    """Who worked when is not deleted."""
    app = settings.DATABASES["default"]["USER"]
    if app == schema_editor.connection.settings_dict["USER"]:
        return
    role = schema_editor.connection.ops.quote_name(app)
    for table in ("shift", "absence"):
        schema_editor.execute(f"REVOKE DELETE ON cases_{table} FROM {role}")


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0005_matching"),
    ]

    operations = [
        migrations.CreateModel(
            name="Absence",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("version", models.PositiveIntegerField(default=0, editable=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("since", models.DateTimeField()),
                ("until", models.DateTimeField(blank=True, null=True)),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("sick", "Ill"),
                            ("leave", "On leave"),
                            ("training", "At a training"),
                            ("other", "Another reason"),
                        ],
                        max_length=24,
                    ),
                ),
            ],
            options={
                "ordering": ("-since", "pk"),
            },
        ),
        migrations.CreateModel(
            name="Shift",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("version", models.PositiveIntegerField(default=0, editable=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("cancelled_at", models.DateTimeField(editable=False, null=True)),
            ],
            options={
                "ordering": ("starts_at", "pk"),
            },
        ),
        migrations.RemoveConstraint(
            model_name="alarm",
            name="alarm_kind_known",
        ),
        migrations.AddField(
            model_name="assignment",
            name="decline_reason",
            field=models.CharField(
                blank=True,
                choices=[
                    ("no_time", "No time for it now"),
                    ("knows_them", "I know these people"),
                    ("language", "I do not speak their language"),
                    ("skill", "It needs somebody with other training"),
                    ("off_soon", "My shift ends"),
                    ("other", "Another reason"),
                ],
                db_default="",
                default="",
                max_length=24,
            ),
        ),
        migrations.AddField(
            model_name="clock",
            name="level",
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="post",
            name="on_since",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="user",
            name="skills",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(
                    choices=[("medical", "Medical training"), ("child_protection", "Child protection")], max_length=24
                ),
                blank=True,
                default=list,
                size=None,
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="speaks",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(
                    choices=[("en", "English"), ("uk", "Ukrainian"), ("ru", "Russian")], max_length=24
                ),
                blank=True,
                default=list,
                size=None,
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
                ],
                max_length=24,
            ),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                condition=models.Q(("state", "waiting")), fields=["kind", "due_at"], name="job_waiting_kind"
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
                        ],
                    )
                ),
                name="alarm_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="assignment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("decline_reason__in", ["no_time", "knows_them", "language", "skill", "off_soon", "other", ""])
                ),
                name="assignment_decline_reason_known",
            ),
        ),
        migrations.AddField(
            model_name="absence",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="absences", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="shift",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="shifts", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddIndex(
            model_name="absence",
            index=models.Index(fields=["user", "since"], name="absence_of_somebody"),
        ),
        migrations.AddConstraint(
            model_name="absence",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason__in", ["sick", "leave", "training", "other"])), name="absence_reason_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="absence",
            constraint=models.CheckConstraint(
                condition=models.Q(("until__isnull", True), ("until__gte", models.F("since")), _connector="OR"),
                name="absence_ends_after_it_began",
            ),
        ),
        migrations.AddIndex(
            model_name="shift",
            index=models.Index(fields=["user", "starts_at"], name="shift_of_somebody"),
        ),
        migrations.AddConstraint(
            model_name="shift",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_at__gt", models.F("starts_at"))), name="shift_ends_after_it_began"
            ),
        ),
        migrations.AddConstraint(
            model_name="shift",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                condition=models.Q(("cancelled_at__isnull", True)),
                expressions=[
                    ("user", "="),
                    (
                        models.Func(
                            "starts_at",
                            "ends_at",
                            django.contrib.postgres.fields.ranges.RangeBoundary(),
                            function="TSTZRANGE",
                            output_field=django.contrib.postgres.fields.ranges.DateTimeRangeField(),
                        ),
                        "&&",
                    ),
                ],
                name="shift_one_at_a_time",
                violation_error_message="These hours overlap another shift of theirs.",
            ),
        ),
        migrations.RunPython(restrict, migrations.RunPython.noop),
    ]
