"""The day itself: crews, the frozen list, what was said on the ground, changed stops, and who is safe."""

import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models

# A child may board late in our books: when the phones are heard in another order, its adult has arrived already.
GUARDS = """
CREATE OR REPLACE FUNCTION seat_people(ids bigint[]) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public AS $$
BEGIN
    PERFORM 1 FROM cases_seat s JOIN cases_traveller t ON t.id = s.traveller_id
      WHERE s.id = ANY (ids) AND t.person_id <> s.person_id;
    IF FOUND THEN
        PERFORM hotline_refuse('seat_of_its_traveller', 'the seat names another person than its traveller');
    END IF;
    PERFORM 1 FROM cases_seat s
        JOIN cases_traveller t ON t.id = s.traveller_id JOIN cases_person p ON p.id = s.person_id
      WHERE s.id = ANY (ids) AND s.status IN ('confirmed', 'boarded') AND NOT t.unaccompanied
        AND p.age_band IN ('0-1', '1-4', '5-11', '12-17', 'child')
        AND NOT EXISTS (
            SELECT 1 FROM cases_seat o JOIN cases_person a ON a.id = o.person_id
             WHERE o.convoy_id = s.convoy_id
               AND o.status IN ('held', 'confirmed', 'boarded', 'arrived', 'diverted', 'accounted')
               AND (a.id = p.guardian_id OR (a.household_id = p.household_id
                    AND a.age_band NOT IN ('0-1', '1-4', '5-11', '12-17', 'child', ''))));
    IF FOUND THEN
        PERFORM hotline_refuse('seat_child_not_alone', 'a child does not cross lines alone');
    END IF;
END $$;

-- Whoever is only marked as missing, or contested, is put nowhere: the guard of people asks when somebody is placed.
CREATE OR REPLACE FUNCTION seat_updated() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public AS $$
BEGIN
    PERFORM seat_apply(coalesce((SELECT jsonb_agg(jsonb_build_object('sign', sign, 'convoy', convoy_id, 'kind', kind,
        'from_seq', from_seq, 'to_seq', to_seq, 'animals', animals, 'luggage', luggage))
        FROM (SELECT 1 AS sign, f.convoy_id, f.kind, f.from_seq, f.to_seq, f.animals, f.luggage
                FROM fresh f JOIN stale s USING (id)
               WHERE seat_counts(f.status)
                 AND (f.status, f.convoy_id, f.kind, f.from_seq, f.to_seq, f.animals, f.luggage)
                     <> (s.status, s.convoy_id, s.kind, s.from_seq, s.to_seq, s.animals, s.luggage)
              UNION ALL
              SELECT -1, s.convoy_id, s.kind, s.from_seq, s.to_seq, s.animals, s.luggage
                FROM fresh f JOIN stale s USING (id)
               WHERE seat_counts(s.status)
                 AND (f.status, f.convoy_id, f.kind, f.from_seq, f.to_seq, f.animals, f.luggage)
                     <> (s.status, s.convoy_id, s.kind, s.from_seq, s.to_seq, s.animals, s.luggage)) AS c), '[]'));
    PERFORM seat_people(array(
        SELECT f.id FROM fresh f JOIN stale s USING (id)
         WHERE (f.status, f.convoy_id, f.person_id, f.traveller_id)
               <> (s.status, s.convoy_id, s.person_id, s.traveller_id)));
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION convoy_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.status = 'departed' AND OLD.status <> 'departed' THEN
        PERFORM 1 FROM cases_leg WHERE convoy_id = NEW.id FOR NO KEY UPDATE;
        PERFORM 1 FROM cases_leg WHERE convoy_id = NEW.id AND over_since IS NOT NULL;
        IF FOUND THEN
            PERFORM hotline_refuse('convoy_departs_not_over', 'a leg of this convoy is over');
        END IF;
    END IF;
    IF NEW.status = 'reconciled' AND OLD.status <> 'reconciled' THEN
        PERFORM 1 FROM cases_leg WHERE convoy_id = NEW.id FOR NO KEY UPDATE;
        PERFORM 1 FROM cases_seat WHERE convoy_id = NEW.id AND status = 'boarded';
        IF FOUND THEN
            PERFORM hotline_refuse('convoy_reconciled_empty', 'somebody is still aboard');
        END IF;
        PERFORM 1 FROM cases_seat WHERE convoy_id = NEW.id AND contested;
        IF FOUND THEN
            PERFORM hotline_refuse('convoy_reconciled_agreed', 'what was said of somebody does not fit together');
        END IF;
    END IF;
    RETURN NEW;
END $$;
"""
# Rows of these are not deleted; what was frozen or heard is not changed, of an entry only what became of it.
TABLES = "crew manifest fielddevice fieldentry stopchange stopack heardsafe stay".split()
APPEND_ONLY = "manifest heardsafe fieldentry".split()


def restrict(apps, schema_editor):
    """Take from the app role what would let it go round the records."""
    app = settings.DATABASES["default"]["USER"]
    if app == schema_editor.connection.settings_dict["USER"]:
        return
    role = schema_editor.connection.ops.quote_name(app)
    for table in TABLES:
        schema_editor.execute(f"REVOKE DELETE ON cases_{table} FROM {role}")
    for table in APPEND_ONLY:
        schema_editor.execute(f"REVOKE UPDATE ON cases_{table} FROM {role}")
    schema_editor.execute(f"GRANT UPDATE (outcome, code, settled_by_id, version) ON cases_fieldentry TO {role}")


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0011_message_rings"),
    ]

    operations = [
        migrations.CreateModel(
            name="Crew",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("version", models.PositiveIntegerField(default=0, editable=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "duty",
                    models.CharField(
                        choices=[
                            ("boarding", "Boarding"),
                            ("escort", "Escort"),
                            ("medic", "Medic"),
                            ("arrival", "Reception"),
                            ("marshal", "Marshal at the old stop"),
                        ],
                        max_length=24,
                    ),
                ),
                ("until", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="FieldDevice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("version", models.PositiveIntegerField(default=0, editable=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("expires_at", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(null=True)),
                ("synced_at", models.DateTimeField(null=True)),
                ("skew", models.IntegerField(default=0)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="FieldEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("version", models.PositiveIntegerField(default=0, editable=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "act",
                    models.CharField(
                        choices=[
                            ("boarded", "Boarded"),
                            ("refused", "Does not want to go"),
                            ("turned_away", "Could not be taken"),
                            ("no_show", "Did not come"),
                            ("arrived", "Arrived"),
                            ("diverted", "Arrived at another place"),
                            ("changed_vehicle", "Goes on in another vehicle"),
                            ("hospitalised", "In hospital"),
                            ("left_by_choice", "Left of their own will"),
                            ("died", "Died"),
                            ("taken_aside_at_check", "Taken aside at a check"),
                            ("released_to", "Handed over to whom they were to be"),
                            ("returned", "Brought back to where they began"),
                            ("missing", "Missing"),
                            ("present", "Present at the roll-call"),
                            ("helped", "Given medical help"),
                            ("taken_back", "Taken back"),
                            ("walk_up", "Turned up unannounced"),
                            ("stop_left", "Left the stop"),
                            ("halted", "Halted"),
                            ("went_on", "Went on"),
                            ("turned_back", "Turned back"),
                            ("dispersed", "Dispersed"),
                            ("came", "Came to its destination"),
                        ],
                        max_length=24,
                    ),
                ),
                ("at", models.DateTimeField()),
                ("said_at", models.DateTimeField()),
                ("order", models.PositiveIntegerField(default=0)),
                ("takes_back", models.UUIDField(null=True)),
                ("data", models.JSONField(default=dict)),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("applied", "Counted"),
                            ("waiting", "Somebody must decide"),
                            ("refused", "Kept, and not counted"),
                            ("settled", "Decided"),
                        ],
                        default="applied",
                        max_length=24,
                    ),
                ),
                ("code", models.CharField(blank=True, default="", max_length=40)),
            ],
        ),
        migrations.CreateModel(
            name="HeardSafe",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("version", models.PositiveIntegerField(default=0, editable=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "how",
                    models.CharField(
                        choices=[("heard", "We heard them ourselves"), ("seen", "Seen by the reception")], max_length=24
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Manifest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("version", models.PositiveIntegerField(default=0, editable=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("number", models.PositiveSmallIntegerField()),
                ("lines", models.JSONField()),
                ("digest", models.CharField(max_length=64)),
            ],
        ),
        migrations.CreateModel(
            name="Stay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("version", models.PositiveIntegerField(default=0, editable=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("until", models.DateTimeField()),
                ("left_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="StopAck",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("version", models.PositiveIntegerField(default=0, editable=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("called_at", models.DateTimeField(null=True)),
                ("acknowledged_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="StopChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("version", models.PositiveIntegerField(default=0, editable=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("seq", models.PositiveSmallIntegerField()),
                ("landmark", models.CharField(blank=True, default="", max_length=200)),
                ("marshal_until", models.DateTimeField()),
                ("replaced_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="alarm",
            name="alarm_kind_known",
        ),
        migrations.RemoveConstraint(
            model_name="clock",
            name="clock_kind_known",
        ),
        migrations.RemoveConstraint(
            model_name="seat",
            name="seat_accounted_for_as_something",
        ),
        migrations.AddField(
            model_name="evacuationrequest",
            name="offered_again_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="incident",
            name="rolled_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="seat",
            name="contested",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="vehicle",
            name="own_of",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="cars",
                to="cases.evacuationrequest",
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
                    ("count", "What was said of a convoy does not add up"),
                    ("missing", "Somebody of a convoy is missing"),
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
                    ("search", "Search for somebody missing"),
                    ("welfare", "Welfare call: they did not come"),
                    ("safe_call", '"We are safe" call'),
                ],
                max_length=24,
            ),
        ),
        migrations.AlterField(
            model_name="incident",
            name="kind",
            field=models.CharField(
                choices=[
                    ("halted", "Halted"),
                    ("turned_back", "Turned back"),
                    ("dispersed", "Dispersed"),
                    ("other", "Something else"),
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
                    (
                        "kind__in",
                        [
                            "acknowledge",
                            "recontact",
                            "promise",
                            "check_in",
                            "follow_up",
                            "fact_check",
                            "search",
                            "welfare",
                            "safe_call",
                        ],
                    )
                ),
                name="clock_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="incident",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["halted", "turned_back", "dispersed", "other"])),
                name="incident_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="seat",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(models.Q(("status", "accounted"), _negated=True), ("accounted_as", "")),
                    models.Q(
                        (
                            "accounted_as__in",
                            [
                                "changed_vehicle",
                                "hospitalised",
                                "left_by_choice",
                                "died",
                                "taken_aside_at_check",
                                "released_to",
                                "returned",
                            ],
                        ),
                        ("status", "accounted"),
                    ),
                    _connector="OR",
                ),
                name="seat_accounted_for_as_something",
            ),
        ),
        migrations.AddConstraint(
            model_name="vehicle",
            constraint=models.CheckConstraint(
                condition=models.Q(("own_of__isnull", True), ("kind", "private"), _connector="OR"),
                name="vehicle_of_their_own_is_private",
            ),
        ),
        migrations.AddField(
            model_name="crew",
            name="convoy",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="crew", to="cases.convoy"
            ),
        ),
        migrations.AddField(
            model_name="crew",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="fielddevice",
            name="convoy",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="devices", to="cases.convoy"
            ),
        ),
        migrations.AddField(
            model_name="fielddevice",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="fieldentry",
            name="convoy",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="entries", to="cases.convoy"
            ),
        ),
        migrations.AddField(
            model_name="fieldentry",
            name="device",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="entries", to="cases.fielddevice"
            ),
        ),
        migrations.AddField(
            model_name="fieldentry",
            name="recorded_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="fieldentry",
            name="seat",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="entries", to="cases.seat"
            ),
        ),
        migrations.AddField(
            model_name="fieldentry",
            name="settled_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="heardsafe",
            name="person",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cases.person"),
        ),
        migrations.AddField(
            model_name="heardsafe",
            name="recorded_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="heardsafe",
            name="request",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="heard", to="cases.evacuationrequest"
            ),
        ),
        migrations.AddField(
            model_name="manifest",
            name="convoy",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="manifests", to="cases.convoy"
            ),
        ),
        migrations.AddField(
            model_name="manifest",
            name="frozen_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="stay",
            name="place",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cases.place"),
        ),
        migrations.AddField(
            model_name="stay",
            name="request",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="stays", to="cases.evacuationrequest"
            ),
        ),
        migrations.AddField(
            model_name="stopack",
            name="acknowledged_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="stopack",
            name="case",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cases.case"),
        ),
        migrations.AddField(
            model_name="stopchange",
            name="changed_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="stopchange",
            name="convoy",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="stop_changes", to="cases.convoy"
            ),
        ),
        migrations.AddField(
            model_name="stopchange",
            name="marshal",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="stopchange",
            name="place",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cases.place"),
        ),
        migrations.AddField(
            model_name="stopack",
            name="change",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="acks", to="cases.stopchange"
            ),
        ),
        migrations.AddConstraint(
            model_name="crew",
            constraint=models.CheckConstraint(
                condition=models.Q(("duty__in", ["boarding", "escort", "medic", "arrival", "marshal"])),
                name="crew_duty_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="crew",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at__isnull", True)),
                fields=("convoy", "user", "duty"),
                name="crew_once_a_duty",
            ),
        ),
        migrations.AddIndex(
            model_name="fieldentry",
            index=models.Index(fields=["convoy", "outcome"], name="entry_outcome"),
        ),
        migrations.AddConstraint(
            model_name="fieldentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "act__in",
                        [
                            "boarded",
                            "refused",
                            "turned_away",
                            "no_show",
                            "arrived",
                            "diverted",
                            "changed_vehicle",
                            "hospitalised",
                            "left_by_choice",
                            "died",
                            "taken_aside_at_check",
                            "released_to",
                            "returned",
                            "missing",
                            "present",
                            "helped",
                            "taken_back",
                            "walk_up",
                            "stop_left",
                            "halted",
                            "went_on",
                            "turned_back",
                            "dispersed",
                            "came",
                        ],
                    )
                ),
                name="entry_act_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="fieldentry",
            constraint=models.CheckConstraint(
                condition=models.Q(("outcome__in", ["applied", "waiting", "refused", "settled"])),
                name="entry_outcome_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="fieldentry",
            constraint=models.CheckConstraint(
                condition=models.Q(("act", "taken_back"), ("takes_back__isnull", True), _connector="OR"),
                name="entry_takes_back_one",
            ),
        ),
        migrations.AddConstraint(
            model_name="heardsafe",
            constraint=models.CheckConstraint(
                condition=models.Q(("how__in", ["heard", "seen"])), name="heard_safe_how_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="heardsafe",
            constraint=models.UniqueConstraint(fields=("request", "person"), name="heard_safe_once"),
        ),
        migrations.AddConstraint(
            model_name="manifest",
            constraint=models.UniqueConstraint(fields=("convoy", "number"), name="manifest_number_once_a_convoy"),
        ),
        migrations.AddConstraint(
            model_name="stay",
            constraint=models.UniqueConstraint(
                condition=models.Q(("left_at__isnull", True)), fields=("request",), name="stay_one_at_a_time"
            ),
        ),
        migrations.AddConstraint(
            model_name="stay",
            constraint=models.CheckConstraint(
                condition=models.Q(("until__gt", models.F("created_at"))), name="stay_ends_after_it_began"
            ),
        ),
        migrations.AddConstraint(
            model_name="stopchange",
            constraint=models.UniqueConstraint(
                condition=models.Q(("replaced_at__isnull", True)), fields=("convoy", "seq"), name="stop_change_one_live"
            ),
        ),
        migrations.AddConstraint(
            model_name="stopack",
            constraint=models.UniqueConstraint(fields=("change", "case"), name="stop_ack_once_a_household"),
        ),
        migrations.RemoveConstraint(model_name="disclosure", name="disclosure_why_known"),
        migrations.AlterField(
            model_name="disclosure",
            name="why",
            field=models.CharField(
                choices=[
                    ("live_call", "On the line"),
                    ("owner", "Works on the case"),
                    ("send", "Sending a message"),
                    ("match", "Finding the caller"),
                    ("referral", "Referred with consent"),
                    ("emergency", "Emergency, not on the line"),
                    ("complaint", "A complaint or a question about the data"),
                    ("correction", "A correction"),
                    ("audit", "Audit"),
                    ("triage", "Triage"),
                    ("handover", "The note of the last shift"),
                    ("draft", "One's own unfinished call"),
                    ("maintenance", "Key rotation"),
                    ("manifest", "The list of a convoy"),
                ],
                max_length=24,
            ),
        ),
        migrations.AddConstraint(
            model_name="disclosure",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "why__in",
                        [
                            "live_call",
                            "owner",
                            "send",
                            "match",
                            "referral",
                            "emergency",
                            "complaint",
                            "correction",
                            "audit",
                            "triage",
                            "handover",
                            "draft",
                            "maintenance",
                            "manifest",
                        ],
                    )
                ),
                name="disclosure_why_known",
            ),
        ),
        migrations.RunSQL(GUARDS, migrations.RunSQL.noop),
        migrations.RunPython(restrict, migrations.RunPython.noop),
    ]
