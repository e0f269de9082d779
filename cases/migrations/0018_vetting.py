"""Who drives others is vetted: what was seen, the plate and two referees under a data key that never changes."""

import cases.privacy.sealed
import datetime
import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models

STAYS = """
CREATE TRIGGER data_key_stays BEFORE UPDATE OF data_key_id, uid ON cases_offer FOR EACH ROW
    WHEN (OLD.data_key_id IS NOT NULL AND OLD.data_key_id IS DISTINCT FROM NEW.data_key_id OR OLD.uid <> NEW.uid)
    EXECUTE FUNCTION data_key_stays();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0017_told_of"),
    ]

    operations = [
        migrations.AddField(
            model_name="offer",
            name="data_key",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="cases.datakey",
            ),
        ),
        migrations.AddField(
            model_name="offer",
            name="document_seen",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="offer",
            name="plate",
            field=cases.privacy.sealed.SealedTextField(max_text=20, null=True),
        ),
        migrations.AddField(
            model_name="offer",
            name="referees",
            field=cases.privacy.sealed.SealedTextField(max_text=500, null=True),
        ),
        migrations.AddField(
            model_name="offer",
            name="withdrawn_why",
            field=models.CharField(
                blank=True,
                choices=[
                    ("themselves", "They do not drive any more"),
                    ("papers", "The document or the plate is not right"),
                    ("referees", "A referee does not vouch for them"),
                    ("conduct", "Something was said against them"),
                    ("car", "The car is not fit"),
                    ("other", "Another reason"),
                ],
                db_default="",
                default="",
                max_length=24,
            ),
        ),
        migrations.AddConstraint(
            model_name="offer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("vetted_at__isnull", True),
                    models.Q(
                        ("data_key__isnull", False),
                        ("document_seen", True),
                        ("plate__isnull", False),
                        ("referees__isnull", False),
                        (
                            "vetted_until__lte",
                            django.db.models.expressions.CombinedExpression(
                                models.F("vetted_at"), "+", models.Value(datetime.timedelta(days=30))
                            ),
                        ),
                        ("withdrawn_why", ""),
                    ),
                    _connector="OR",
                ),
                name="offer_vetting_of_what_was_seen",
            ),
        ),
        migrations.AddConstraint(
            model_name="offer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("withdrawn_why__in", ["themselves", "papers", "referees", "conduct", "car", "other", ""])
                ),
                name="offer_withdrawn_why_known",
            ),
        ),
        migrations.RunSQL(STAYS, "DROP TRIGGER data_key_stays ON cases_offer"),
    ]
