"""One shortage of a whole place, planned and ended for all its households together."""

import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models


def restrict(apps, schema_editor):
    """What was planned for a place is not deleted."""
    app = settings.DATABASES["default"]["USER"]
    if app == schema_editor.connection.settings_dict["USER"]:
        return
    schema_editor.execute(f"REVOKE DELETE ON cases_siteneed FROM {schema_editor.connection.ops.quote_name(app)}")


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0008_views"),
    ]

    operations = [
        migrations.CreateModel(
            name="SiteNeed",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("version", models.PositiveIntegerField(default=0, editable=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("opened_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "ended_as",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("open", "Open"),
                            ("planned", "Planned"),
                            ("dispatched", "On its way"),
                            ("met", "Met"),
                            ("partly_met", "Partly met"),
                            ("unmet", "Unmet"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="",
                        max_length=24,
                    ),
                ),
                (
                    "settlement",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cases.place"),
                ),
                (
                    "type",
                    models.ForeignKey(
                        db_column="type",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="cases.needtype",
                        to_field="code",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="need",
            name="site_need",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="needs", to="cases.siteneed"
            ),
        ),
        migrations.AddConstraint(
            model_name="siteneed",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("ended_as__in", ["open", "planned", "dispatched", "met", "partly_met", "unmet", "cancelled", ""])
                ),
                name="site_need_end_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="siteneed",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_as", ""), ("ended_at__isnull", True)),
                    models.Q(("ended_at__isnull", False), models.Q(("ended_as", ""), _negated=True)),
                    _connector="OR",
                ),
                name="site_need_ends_as_something",
            ),
        ),
        migrations.AddConstraint(
            model_name="siteneed",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at__isnull", True)),
                fields=("settlement", "type"),
                name="site_need_one_open_a_kind",
            ),
        ),
        migrations.RunPython(restrict, migrations.RunPython.noop),
    ]
