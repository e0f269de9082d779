"""Views that somebody keeps, and the partial indexes of the queue's views: a closed case is in none of them.

A kept view is its owner's own and says nothing of people: it is the one thing here that may be deleted.
"""

import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0007_rules"),
    ]

    operations = [
        migrations.CreateModel(
            name="SavedView",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("version", models.PositiveIntegerField(default=0, editable=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("name", models.CharField(max_length=40)),
                ("query", models.CharField(max_length=200)),
            ],
        ),
        migrations.AddIndex(
            model_name="callcase",
            index=models.Index(
                condition=models.Q(("proposes", True)), fields=["case", "call"], name="call_case_proposes"
            ),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                condition=models.Q(
                    ("status__in", ("waiting_caller", "waiting_partner", "waiting_access", "waiting_stock"))
                ),
                fields=["priority", "-points", "opened_at", "id"],
                name="case_waiting",
            ),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                condition=models.Q(("priority", "P1"), ("status__in", ("new", "triaged", "assigned", "reopened"))),
                fields=["priority", "-points", "opened_at", "id"],
                name="case_not_acted_on",
            ),
        ),
        migrations.AddIndex(
            model_name="clock",
            index=models.Index(condition=models.Q(("state", "fired")), fields=["case"], name="clock_late"),
        ),
        migrations.AddIndex(
            model_name="clock",
            index=models.Index(
                condition=models.Q(("kind__in", ("promise", "follow_up")), ("state__in", ["running", "fired"])),
                fields=["due_at", "case"],
                name="clock_promised",
            ),
        ),
        migrations.AddIndex(
            model_name="need",
            index=models.Index(
                condition=models.Q(("status__in", ("open", "planned", "dispatched", "partly_met"))),
                fields=["type", "case"],
                name="need_open_by_type",
            ),
        ),
        migrations.AddIndex(
            model_name="need",
            index=models.Index(condition=models.Q(("status", "unmet")), fields=["observed_at"], name="need_unmet"),
        ),
        migrations.AddField(
            model_name="savedview",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddConstraint(
            model_name="savedview",
            constraint=models.UniqueConstraint(fields=("user", "name"), name="saved_view_name_once"),
        ),
        migrations.AddConstraint(
            model_name="savedview",
            constraint=models.CheckConstraint(
                condition=models.Q(("name", ""), _negated=True), name="saved_view_has_a_name"
            ),
        ),
    ]
