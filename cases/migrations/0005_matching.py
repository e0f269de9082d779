"""Names are indexed by short digests in one row a subject; pairs to look at; a merge's moves hold statuses too.

The old digests cannot be turned into the new: they are dropped, and `manage.py reindex_names` makes them again, online.
"""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.utils.timezone
import uuid
from pathlib import Path
from django.conf import settings
from django.db import migrations, models

SQL = Path(__file__).with_name("0005_matching.sql").read_text()


def restrict(apps, schema_editor):
    """A pair that was looked at is never deleted."""
    app = settings.DATABASES["default"]["USER"]
    if app == schema_editor.connection.settings_dict["USER"]:
        return
    schema_editor.execute(f"REVOKE DELETE ON cases_match FROM {schema_editor.connection.ops.quote_name(app)}")


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0004_desk_guards"),
    ]

    operations = [
        migrations.RunSQL("DELETE FROM cases_indextoken", migrations.RunSQL.noop),
        migrations.CreateModel(
            name="Match",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("version", models.PositiveIntegerField(default=0, editable=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "verdict",
                    models.CharField(
                        choices=[("same", "The same person"), ("maybe", "Perhaps the same person")], max_length=24
                    ),
                ),
                ("score", models.PositiveSmallIntegerField()),
                ("evidence", models.JSONField(default=list)),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "To be decided"), ("merged", "One household"), ("apart", "Two people")],
                        default="open",
                        max_length=24,
                    ),
                ),
                ("decided_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="indextoken",
            name="index_token_once",
        ),
        migrations.RemoveIndex(
            model_name="indextoken",
            name="index_token_lookup",
        ),
        migrations.RemoveField(
            model_name="indextoken",
            name="digest",
        ),
        migrations.AddField(
            model_name="indextoken",
            name="digests",
            field=django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=[], size=None),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="indextoken",
            name="scheme",
            field=models.CharField(default="", max_length=12),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="personlink",
            name="decided_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="personlink",
            name="decided_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="personlink",
            name="evidence",
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name="personlink",
            name="score",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AlterField(
            model_name="mergemove",
            name="new",
            field=models.CharField(max_length=40, null=True),
        ),
        migrations.AlterField(
            model_name="mergemove",
            name="old",
            field=models.CharField(max_length=40, null=True),
        ),
        migrations.AlterField(
            model_name="personlink",
            name="state",
            field=models.CharField(
                choices=[("proposed", "To be decided"), ("confirmed", "May be told"), ("refused", "May not be told")],
                default="proposed",
                max_length=12,
            ),
        ),
        migrations.AddIndex(
            model_name="indextoken",
            index=django.contrib.postgres.indexes.GinIndex(
                fastupdate=False, fields=["digests"], name="index_token_lookup"
            ),
        ),
        migrations.AddIndex(
            model_name="merge",
            index=models.Index(
                condition=models.Q(("undone_at", None)), fields=["table", "kept"], name="merge_live_by_kept"
            ),
        ),
        migrations.AddConstraint(
            model_name="indextoken",
            constraint=models.UniqueConstraint(fields=("data_key", "kind"), name="index_token_once_a_kind"),
        ),
        migrations.AddField(
            model_name="match",
            name="decided_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="match",
            name="first",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="matches_as_first", to="cases.person"
            ),
        ),
        migrations.AddField(
            model_name="match",
            name="merge",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="matches", to="cases.merge"
            ),
        ),
        migrations.AddField(
            model_name="match",
            name="second",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="matches_as_second", to="cases.person"
            ),
        ),
        migrations.AddIndex(
            model_name="match",
            index=models.Index(condition=models.Q(("state", "open")), fields=["-score", "id"], name="match_to_review"),
        ),
        migrations.AddConstraint(
            model_name="match",
            constraint=models.CheckConstraint(
                condition=models.Q(("verdict__in", ["same", "maybe"])), name="match_verdict_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="match",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["open", "merged", "apart"])), name="match_state_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="match",
            constraint=models.UniqueConstraint(fields=("first", "second"), name="match_once_a_pair"),
        ),
        migrations.AddConstraint(
            model_name="match",
            constraint=models.CheckConstraint(
                condition=models.Q(("first__lt", models.F("second"))), name="match_in_one_order"
            ),
        ),
        migrations.AddConstraint(
            model_name="match",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decided_at__isnull", True), ("state", "open")),
                    models.Q(models.Q(("state", "open"), _negated=True), ("decided_at__isnull", False)),
                    _connector="OR",
                ),
                name="match_decided_at_a_time",
            ),
        ),
        migrations.RunSQL(SQL, migrations.RunSQL.noop),
        migrations.RunPython(restrict, migrations.RunPython.noop),
    ]
