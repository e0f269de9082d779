"""Decisions in somebody's best interests: proposed by one of the staff, confirmed by another, and guarded as such."""

import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models


GUARDS = """
-- A decision in somebody's best interests is what one of the staff proposed and another one agreed to, word by word.
CREATE FUNCTION decision_by_two() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM cases_bestinterests i
      WHERE i.id = NEW.interests_id AND i.outcome = 'agreed'
        AND i.settled_by_id = NEW.second_staff_id AND i.proposed_by_id <> NEW.second_staff_id
        AND NEW.recorded_by = 'staff:' || i.proposed_by_id
        AND (i.request_id, i.person_id, i.note_id) = (NEW.request_id, NEW.person_id, NEW.note_id)
        AND (i.goes, i.direction, i.could_speak_freely, i.voluntary, i.own_direction, i.informed)
            = (NEW.goes, NEW.direction, NEW.could_speak_freely, NEW.voluntary, NEW.own_direction, NEW.informed)
        AND NOT EXISTS (
            SELECT 1 FROM cases_decision d
             WHERE d.request_id = i.request_id AND d.person_id = i.person_id AND d.id > coalesce(i.over_id, 0));
    IF NOT FOUND THEN
        PERFORM hotline_refuse('decision_best_interests_by_two',
            'a decision in the best interests of somebody is proposed by one and agreed to by another');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER decision_by_two BEFORE INSERT ON cases_decision
    FOR EACH ROW WHEN (NEW.by = 'best_interests') EXECUTE FUNCTION decision_by_two();

-- It is proposed open, settled once, and nothing else of it changes.
CREATE FUNCTION best_interests_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.outcome <> '' THEN
            PERFORM hotline_refuse('best_interests_born_open', 'it is proposed first, and settled by somebody else');
        END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.outcome = ''
       AND to_jsonb(NEW) - '{outcome,settled_by_id,settled_at,version}'::text[]
           = to_jsonb(OLD) - '{outcome,settled_by_id,settled_at,version}'::text[] THEN
        RETURN NEW;
    END IF;
    PERFORM hotline_refuse('best_interests_settled_once', 'what was proposed is settled once and never changed');
END $$;
CREATE TRIGGER best_interests_guard BEFORE INSERT OR UPDATE OR DELETE ON cases_bestinterests
    FOR EACH ROW EXECUTE FUNCTION best_interests_guard();
"""


def restrict(apps, schema_editor):
    """What was proposed is not deleted or rewritten: only what became of it is written."""
    app = settings.DATABASES["default"]["USER"]
    if app == schema_editor.connection.settings_dict["USER"]:
        return
    role = schema_editor.connection.ops.quote_name(app)
    schema_editor.execute(f"REVOKE DELETE, UPDATE ON cases_bestinterests FROM {role}")
    schema_editor.execute(
        f"GRANT UPDATE (outcome, settled_by_id, settled_at, version) ON cases_bestinterests TO {role}"
    )


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0014_lighter_guards"),
    ]

    operations = [
        migrations.CreateModel(
            name="BestInterests",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("version", models.PositiveIntegerField(default=0, editable=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("goes", models.BooleanField()),
                (
                    "direction",
                    models.CharField(
                        blank=True,
                        choices=[("ukraine", "to Ukraine"), ("russia", "to Russia")],
                        default="",
                        max_length=24,
                    ),
                ),
                (
                    "could_speak_freely",
                    models.CharField(
                        choices=[("yes", "Yes"), ("no", "No"), ("unknown", "Not known")],
                        default="unknown",
                        max_length=24,
                    ),
                ),
                ("voluntary", models.BooleanField(default=False)),
                ("own_direction", models.BooleanField(default=False)),
                ("informed", models.BooleanField(default=False)),
                ("by_officer", models.BooleanField()),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("agreed", "Confirmed by a second person"),
                            ("refused", "Refused or taken back"),
                            ("overtaken", "Overtaken by what was decided since"),
                        ],
                        default="",
                        max_length=24,
                    ),
                ),
                ("settled_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="alarm",
            name="alarm_kind_known",
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
                    ("count", "What was said of a convoy does not add up"),
                    ("missing", "Somebody of a convoy is missing"),
                    ("second", "A decision for somebody waits for a second person"),
                ],
                max_length=24,
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
                            "count",
                            "missing",
                            "second",
                        ],
                    )
                ),
                name="alarm_kind_known",
            ),
        ),
        migrations.AddField(
            model_name="bestinterests",
            name="note",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cases.note"),
        ),
        migrations.AddField(
            model_name="bestinterests",
            name="over",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cases.decision"
            ),
        ),
        migrations.AddField(
            model_name="bestinterests",
            name="person",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="interests", to="cases.person"
            ),
        ),
        migrations.AddField(
            model_name="bestinterests",
            name="proposed_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="bestinterests",
            name="request",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="interests", to="cases.evacuationrequest"
            ),
        ),
        migrations.AddField(
            model_name="bestinterests",
            name="settled_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="decision",
            name="interests",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="decision",
                to="cases.bestinterests",
            ),
        ),
        migrations.AddConstraint(
            model_name="bestinterests",
            constraint=models.CheckConstraint(
                condition=models.Q(("direction__in", ["ukraine", "russia", ""])), name="best_interests_direction_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="bestinterests",
            constraint=models.CheckConstraint(
                condition=models.Q(("outcome__in", ["agreed", "refused", "overtaken", ""])),
                name="best_interests_outcome_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="bestinterests",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("outcome", ""), ("settled_at__isnull", True), ("settled_by__isnull", True)),
                    models.Q(
                        models.Q(("outcome", ""), _negated=True),
                        ("settled_at__isnull", False),
                        ("settled_by__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="best_interests_settled_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="bestinterests",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("outcome", "agreed"), _negated=True),
                    models.Q(("settled_by", models.F("proposed_by")), _negated=True),
                    _connector="OR",
                ),
                name="best_interests_by_two",
            ),
        ),
        migrations.AddConstraint(
            model_name="bestinterests",
            constraint=models.UniqueConstraint(
                condition=models.Q(("outcome", "")), fields=("request", "person"), name="best_interests_once"
            ),
        ),
        migrations.RunSQL(GUARDS, migrations.RunSQL.noop),
        migrations.RunPython(restrict, migrations.RunPython.noop),
    ]
