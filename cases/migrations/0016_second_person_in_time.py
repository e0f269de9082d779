"""What waits for a second person ends in time, the posts of both are kept, and a report of the road is taken back."""

import cases.privacy.sealed
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


BEFORE = """
-- What stands was proposed by the protection officer or not; of the others the post was not kept. Nothing else changes.
ALTER TABLE cases_bestinterests DISABLE TRIGGER best_interests_guard;
UPDATE cases_bestinterests SET proposed_as = 'protection' WHERE by_officer;
UPDATE cases_bestinterests SET settled_as = 'protection' WHERE outcome = 'agreed' AND NOT by_officer;
ALTER TABLE cases_bestinterests ENABLE TRIGGER best_interests_guard;
-- Nobody knows when these were proposed: their time begins now.
UPDATE cases_corridor SET resume_proposed_at = now() WHERE resume_proposed_by_id IS NOT NULL;
UPDATE cases_window SET publicity_wanted_at = now() WHERE publicity_wanted <> '';
"""

AFTER = """
-- Proposed open, by somebody in a post they hold; settled once, in time, and confirmed in a post held then.
CREATE FUNCTION holds_post(who bigint, wanted text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT 1 FROM cases_post p JOIN cases_user u ON u.id = p.user_id
                    WHERE p.user_id = who AND p.role = wanted AND u.is_active
                      AND p.since <= now() AND (p.until IS NULL OR p.until > now()))
$$;
CREATE OR REPLACE FUNCTION best_interests_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.outcome <> '' THEN
            PERFORM hotline_refuse('best_interests_born_open', 'it is proposed first, and settled by somebody else');
        END IF;
        IF NOT holds_post(NEW.proposed_by_id, NEW.proposed_as) THEN
            PERFORM hotline_refuse('best_interests_post_held', 'who proposes it holds the post in which they do');
        END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.outcome = ''
       AND to_jsonb(NEW) - '{outcome,settled_by_id,settled_as,settled_at,version}'::text[]
           = to_jsonb(OLD) - '{outcome,settled_by_id,settled_as,settled_at,version}'::text[] THEN
        IF NEW.outcome = 'agreed' AND NOT holds_post(NEW.settled_by_id, NEW.settled_as) THEN
            PERFORM hotline_refuse('best_interests_post_held', 'who confirms it holds the post in which they do');
        END IF;
        IF NEW.outcome = 'agreed' AND greatest(NEW.settled_at, now()) >= OLD.created_at + interval '24 hours' THEN
            PERFORM hotline_refuse('best_interests_in_time', 'it waited too long for a second person');
        END IF;
        RETURN NEW;
    END IF;
    PERFORM hotline_refuse('best_interests_settled_once', 'what was proposed is settled once and never changed');
END $$;

-- A report of the road is taken back once, and who did it and why stays.
CREATE FUNCTION incident_taken_back_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM hotline_refuse('incident_taken_back_once', 'what was taken back stays taken back, by whom and why');
END $$;
CREATE TRIGGER incident_taken_back_once BEFORE UPDATE ON cases_incident FOR EACH ROW
    WHEN (OLD.taken_back_at IS NOT NULL
          AND (NEW.taken_back_at, NEW.taken_back_by_id, NEW.taken_back_why)
              IS DISTINCT FROM (OLD.taken_back_at, OLD.taken_back_by_id, OLD.taken_back_why))
    EXECUTE FUNCTION incident_taken_back_once();

-- What waits already lapses too.
INSERT INTO cases_job (kind, key, lane, due_at, order_key, subject, attempts, worker, state, error_code, created_at)
SELECT 'interests_lapse', 'interests:' || uid, 'normal', created_at + interval '24 hours', '', id, 0, '', 'waiting', '', now()
  FROM cases_bestinterests WHERE outcome = ''
UNION ALL
SELECT 'resume_lapse', 'resume:' || uid, 'normal', now() + interval '6 hours', '', id, 0, '', 'waiting', '', now()
  FROM cases_corridor WHERE resume_proposed_at IS NOT NULL
UNION ALL
SELECT 'publicity_lapse', 'publicity:' || uid, 'normal', now() + interval '24 hours', '', id, 0, '', 'waiting', '', now()
  FROM cases_window WHERE publicity_wanted_at IS NOT NULL;
"""


def restrict(apps, schema_editor):
    """The post of whoever settles it is written with what became of it."""
    app = settings.DATABASES["default"]["USER"]
    if app == schema_editor.connection.settings_dict["USER"]:
        return
    role = schema_editor.connection.ops.quote_name(app)
    schema_editor.execute(f"GRANT UPDATE (settled_as) ON cases_bestinterests TO {role}")


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0015_best_interests"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="bestinterests",
            name="best_interests_outcome_known",
        ),
        migrations.RemoveConstraint(
            model_name="bestinterests",
            name="best_interests_settled_whole",
        ),
        migrations.AddField(
            model_name="bestinterests",
            name="proposed_as",
            field=models.CharField(
                blank=True,
                choices=[
                    ("operator", "Operator"),
                    ("coordinator", "Coordinator"),
                    ("protection", "Protection officer"),
                    ("medic", "Medic"),
                    ("dispatcher", "Dispatcher"),
                    ("field", "Field team"),
                    ("supervisor", "Supervisor"),
                    ("auditor", "Auditor"),
                    ("administrator", "Administrator"),
                ],
                default="",
                max_length=24,
            ),
        ),
        migrations.AddField(
            model_name="bestinterests",
            name="settled_as",
            field=models.CharField(
                blank=True,
                choices=[
                    ("operator", "Operator"),
                    ("coordinator", "Coordinator"),
                    ("protection", "Protection officer"),
                    ("medic", "Medic"),
                    ("dispatcher", "Dispatcher"),
                    ("field", "Field team"),
                    ("supervisor", "Supervisor"),
                    ("auditor", "Auditor"),
                    ("administrator", "Administrator"),
                ],
                default="",
                max_length=24,
            ),
        ),
        migrations.AddField(
            model_name="corridor",
            name="resume_proposed_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="incident",
            name="taken_back_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="incident",
            name="taken_back_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="incident",
            name="taken_back_why",
            field=cases.privacy.sealed.SealedTextField(null=True),
        ),
        migrations.AddField(
            model_name="window",
            name="publicity_wanted_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.RunSQL(BEFORE, migrations.RunSQL.noop),
        migrations.RemoveField(
            model_name="bestinterests",
            name="by_officer",
        ),
        migrations.AlterField(
            model_name="bestinterests",
            name="outcome",
            field=models.CharField(
                blank=True,
                choices=[
                    ("agreed", "Confirmed by a second person"),
                    ("refused", "Refused or taken back"),
                    ("overtaken", "Overtaken by what was decided since"),
                    ("lapsed", "Nobody confirmed or refused it in time"),
                ],
                default="",
                max_length=24,
            ),
        ),
        migrations.AddConstraint(
            model_name="bestinterests",
            constraint=models.CheckConstraint(
                condition=models.Q(("outcome__in", ["agreed", "refused", "overtaken", "lapsed", ""])),
                name="best_interests_outcome_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="bestinterests",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("outcome", ""), ("settled_at__isnull", True), ("settled_by__isnull", True)),
                    models.Q(("outcome", "lapsed"), ("settled_at__isnull", False), ("settled_by__isnull", True)),
                    models.Q(("outcome", "overtaken"), ("settled_at__isnull", False)),
                    models.Q(
                        ("outcome__in", ["agreed", "refused"]),
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
                    models.Q(("proposed_as", "protection"), models.Q(("settled_as", "protection"), _negated=True)),
                    models.Q(models.Q(("proposed_as", "protection"), _negated=True), ("settled_as", "protection")),
                    _connector="OR",
                ),
                name="best_interests_two_posts",
            ),
        ),
        migrations.AddConstraint(
            model_name="bestinterests",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "proposed_as__in",
                        [
                            "operator",
                            "coordinator",
                            "protection",
                            "medic",
                            "dispatcher",
                            "field",
                            "supervisor",
                            "auditor",
                            "administrator",
                            "",
                        ],
                    )
                ),
                name="best_interests_proposed_as_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="bestinterests",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "settled_as__in",
                        [
                            "operator",
                            "coordinator",
                            "protection",
                            "medic",
                            "dispatcher",
                            "field",
                            "supervisor",
                            "auditor",
                            "administrator",
                            "",
                        ],
                    )
                ),
                name="best_interests_settled_as_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="corridor",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("resume_proposed_at__isnull", True), ("resume_proposed_by__isnull", True)),
                    models.Q(("resume_proposed_at__isnull", False), ("resume_proposed_by__isnull", False)),
                    _connector="OR",
                ),
                name="corridor_resume_proposed_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="incident",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("taken_back_at__isnull", True),
                        ("taken_back_by__isnull", True),
                        ("taken_back_why__isnull", True),
                    ),
                    models.Q(
                        ("rolled_at__isnull", False),
                        ("taken_back_at__isnull", False),
                        ("taken_back_by__isnull", False),
                        ("taken_back_why__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="incident_taken_back_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="window",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("publicity_wanted", ""), ("publicity_wanted_at__isnull", True)),
                    models.Q(models.Q(("publicity_wanted", ""), _negated=True), ("publicity_wanted_at__isnull", False)),
                    _connector="OR",
                ),
                name="window_publicity_wanted_whole",
            ),
        ),
        migrations.RunSQL(AFTER, migrations.RunSQL.noop),
        migrations.RunPython(restrict, migrations.RunPython.noop),
    ]
