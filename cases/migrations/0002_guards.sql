-- One way to say no: SQLSTATE 23514 with the guard's name.
CREATE FUNCTION hotline_refuse(guard text, said text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', said USING ERRCODE = '23514', CONSTRAINT = guard;
END $$;

-- Event: inserted without a number; numbered once, by the sealer; never changed, never deleted.
CREATE FUNCTION event_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.seq IS NOT NULL OR NEW.hash IS NOT NULL THEN
            PERFORM hotline_refuse('event_born_unsealed', 'an event is inserted without number and hash');
        END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF OLD.seq IS NULL AND NEW.seq IS NOT NULL AND NEW.hash IS NOT NULL
           AND (NEW.id, NEW.at, NEW.verb, NEW.actor, NEW.subject, NEW.data)
               = (OLD.id, OLD.at, OLD.verb, OLD.actor, OLD.subject, OLD.data)
           AND NEW.subject_uid IS NOT DISTINCT FROM OLD.subject_uid
           AND NEW.case_id IS NOT DISTINCT FROM OLD.case_id THEN
            RETURN NEW;
        END IF;
    END IF;
    PERFORM hotline_refuse('event_append_only', 'an event is sealed once and never changed');
END $$;
CREATE TRIGGER event_guard BEFORE INSERT OR UPDATE OR DELETE ON cases_event
    FOR EACH ROW EXECUTE FUNCTION event_guard();

-- Disclosure, Decision, Score, StockMove, MergeMove: append-only for every role.
CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM hotline_refuse(TG_TABLE_NAME || '_append_only', TG_TABLE_NAME || ' is append-only');
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON cases_disclosure FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON cases_decision FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON cases_score FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON cases_stockmove FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON cases_mergemove FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON cases_consenttext FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON cases_template FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON cases_triagerules
    FOR EACH ROW WHEN (OLD.published_at IS NOT NULL) EXECUTE FUNCTION append_only();

-- A destroyed key stays destroyed, and a row keeps its subject's key and its uid for ever.
CREATE FUNCTION data_key_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.destroyed_at IS NOT NULL OR NEW.uid <> OLD.uid THEN
        PERFORM hotline_refuse('data_key_destroyed_for_ever', 'a destroyed key does not come back');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER data_key_guard BEFORE UPDATE ON cases_datakey FOR EACH ROW EXECUTE FUNCTION data_key_guard();

CREATE FUNCTION data_key_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM hotline_refuse('data_key_stays', 'a row keeps its data key and uid');
END $$;
DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['household', 'person', 'contactpoint', 'caller', 'call', 'note', 'evacuationrequest',
                             'release', 'incident', 'observation', 'specificneed', 'need'] LOOP
        EXECUTE format('CREATE TRIGGER data_key_stays BEFORE UPDATE OF data_key_id, uid ON cases_%s FOR EACH ROW
                        WHEN (OLD.data_key_id <> NEW.data_key_id OR OLD.uid <> NEW.uid)
                        EXECUTE FUNCTION data_key_stays()', t);
    END LOOP;
END $$;

-- Consent: withdrawn once, otherwise unchangeable (a merge may move it to the kept household or person).
CREATE FUNCTION consent_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.withdrawn_at IS NOT NULL AND NEW.withdrawn_at IS DISTINCT FROM OLD.withdrawn_at THEN
        PERFORM hotline_refuse('consent_withdrawn_once', 'a withdrawn consent stays withdrawn');
    END IF;
    IF (NEW.purpose, NEW.partner_kind, NEW.text_id, NEW.given_by, NEW.basis, NEW.recorded_by, NEW.created_at)
       <> (OLD.purpose, OLD.partner_kind, OLD.text_id, OLD.given_by, OLD.basis, OLD.recorded_by, OLD.created_at)
       OR NEW.call_id IS DISTINCT FROM OLD.call_id THEN
        PERFORM hotline_refuse('consent_unchangeable', 'a consent is never rewritten');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER consent_guard BEFORE UPDATE ON cases_consent FOR EACH ROW EXECUTE FUNCTION consent_guard();

-- A referral stands on a live consent of the same household for that kind of partner.
CREATE FUNCTION referral_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM cases_consent c JOIN cases_case k ON k.id = NEW.case_id JOIN cases_partner p ON p.id = NEW.partner_id
      WHERE c.id = NEW.consent_id AND c.household_id = k.household_id AND c.purpose = 'share_partner'
        AND c.partner_kind = p.kind AND c.withdrawn_at IS NULL;
    IF NOT FOUND THEN
        PERFORM hotline_refuse('referral_with_consent', 'a referral needs a live consent for this kind of partner');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER referral_guard BEFORE INSERT ON cases_referral FOR EACH ROW EXECUTE FUNCTION referral_guard();

-- Merging: the kept row is not itself a duplicate, and a protection is never lifted.
CREATE FUNCTION household_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.merged_into_id IS NOT NULL AND NEW.merged_into_id IS DISTINCT FROM OLD.merged_into_id THEN
        PERFORM 1 FROM cases_household WHERE id = NEW.merged_into_id AND merged_into_id IS NULL;
        IF NOT FOUND THEN
            PERFORM hotline_refuse('household_merged_into_a_kept_one', 'merge into the household that is kept');
        END IF;
        PERFORM 1 FROM cases_household WHERE merged_into_id = NEW.id;
        IF FOUND THEN
            PERFORM hotline_refuse('household_merged_into_a_kept_one', 'others were merged into this household');
        END IF;
    END IF;
    IF OLD.protected AND NOT NEW.protected THEN
        PERFORM hotline_refuse('household_protection_stays', 'a protection is never lifted');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER household_guard BEFORE UPDATE OF merged_into_id, protected ON cases_household
    FOR EACH ROW EXECUTE FUNCTION household_guard();

-- Nobody is forgotten: at commit an open case has a clock, and an owner exactly when its status says so.
CREATE FUNCTION case_not_forgotten(wanted bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE now_status text; owners int; clocks int;
BEGIN
    SELECT status INTO now_status FROM cases_case WHERE id = wanted;
    IF now_status IS NULL THEN RETURN; END IF;
    SELECT count(*) INTO owners FROM cases_assignment WHERE case_id = wanted AND ended_at IS NULL;
    SELECT count(*) INTO clocks FROM cases_clock WHERE case_id = wanted AND state IN ('running', 'fired');
    IF now_status NOT IN ('closed', 'duplicate', 'cancelled') AND clocks = 0 THEN
        PERFORM hotline_refuse('case_has_a_clock', 'an open case has a clock');
    END IF;
    IF (now_status IN ('assigned', 'in_progress') OR now_status LIKE 'waiting%') AND owners = 0 THEN
        PERFORM hotline_refuse('case_has_an_owner', 'a case with this status has an owner');
    END IF;
    IF now_status NOT IN ('assigned', 'in_progress', 'resolved') AND now_status NOT LIKE 'waiting%' AND owners > 0 THEN
        PERFORM hotline_refuse('case_owner_left', 'a case with this status has no owner');
    END IF;
END $$;
CREATE FUNCTION case_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM case_not_forgotten(NEW.id);
    RETURN NULL;
END $$;
CREATE FUNCTION case_child_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM case_not_forgotten(CASE WHEN TG_OP = 'DELETE' THEN OLD.case_id ELSE NEW.case_id END);
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER case_guard AFTER INSERT OR UPDATE OF status ON cases_case
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION case_guard();
CREATE CONSTRAINT TRIGGER case_child_guard AFTER UPDATE OF state OR DELETE ON cases_clock
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION case_child_guard();
CREATE CONSTRAINT TRIGGER case_child_guard AFTER INSERT OR UPDATE OF ended_at OR DELETE ON cases_assignment
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION case_child_guard();

-- Legs: born empty; the counters follow Seat; a leg that lost places is over until people were moved.
CREATE FUNCTION leg_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.seats_taken + OLD.wheelchairs_taken + OLD.stretchers_taken > 0 THEN
            PERFORM hotline_refuse('leg_with_people_stays', 'somebody has a place on this leg');
        END IF;
        RETURN OLD;
    END IF;
    IF TG_OP = 'INSERT' THEN
        NEW.seats_taken := 0; NEW.wheelchairs_taken := 0; NEW.stretchers_taken := 0;
        NEW.animals_taken := 0; NEW.luggage_taken := 0; NEW.over_since := NULL;
        RETURN NEW;
    END IF;
    IF NEW.seats_taken > NEW.seats OR NEW.wheelchairs_taken > NEW.wheelchairs OR NEW.stretchers_taken > NEW.stretchers
       OR NEW.animals_taken > NEW.animals OR NEW.luggage_taken > NEW.luggage THEN
        NEW.over_since := coalesce(OLD.over_since, now());
    ELSE
        NEW.over_since := NULL;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER leg_guard BEFORE INSERT OR UPDATE OR DELETE ON cases_leg FOR EACH ROW EXECUTE FUNCTION leg_guard();

-- The heart: seats that count (parked ones too) are added up per leg, once a statement, legs locked in order.
CREATE FUNCTION seat_apply(changes jsonb) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public AS $$
DECLARE d record; leg record;
BEGIN
    FOR d IN
        SELECT convoy, seq, sum(sign) AS n,
               sum(sign) FILTER (WHERE kind = 'seat') AS seats,
               sum(sign) FILTER (WHERE kind = 'wheelchair') AS wheelchairs,
               sum(sign) FILTER (WHERE kind = 'stretcher') AS stretchers,
               sum(sign * animals) AS animals, sum(sign * luggage) AS luggage
          FROM jsonb_to_recordset(changes)
               AS c(sign int, convoy bigint, kind text, from_seq int, to_seq int, animals int, luggage int),
               generate_series(from_seq, to_seq - 1) AS seq
         GROUP BY convoy, seq
        HAVING count(*) FILTER (WHERE sign <> 0) > 0
         ORDER BY convoy, seq
    LOOP
        SELECT * INTO leg FROM cases_leg WHERE convoy_id = d.convoy AND cases_leg.seq = d.seq FOR NO KEY UPDATE;
        IF NOT FOUND THEN
            PERFORM hotline_refuse('seat_on_existing_legs', 'the convoy has no such leg');
        END IF;
        IF (coalesce(d.seats, 0) > 0 AND leg.seats_taken + d.seats > leg.seats)
           OR (coalesce(d.wheelchairs, 0) > 0 AND leg.wheelchairs_taken + d.wheelchairs > leg.wheelchairs)
           OR (coalesce(d.stretchers, 0) > 0 AND leg.stretchers_taken + d.stretchers > leg.stretchers)
           OR (d.animals > 0 AND leg.animals_taken + d.animals > leg.animals)
           OR (d.luggage > 0 AND leg.luggage_taken + d.luggage > leg.luggage) THEN
            PERFORM hotline_refuse('leg_capacity', 'this leg is full');
        END IF;
        UPDATE cases_leg SET
            seats_taken = seats_taken + coalesce(d.seats, 0),
            wheelchairs_taken = wheelchairs_taken + coalesce(d.wheelchairs, 0),
            stretchers_taken = stretchers_taken + coalesce(d.stretchers, 0),
            animals_taken = animals_taken + d.animals, luggage_taken = luggage_taken + d.luggage
         WHERE cases_leg.id = leg.id;
    END LOOP;
END $$;
REVOKE ALL ON FUNCTION seat_apply(jsonb) FROM PUBLIC;

CREATE FUNCTION seat_counts(status text) RETURNS boolean LANGUAGE sql IMMUTABLE
    RETURN status IN ('held', 'confirmed', 'boarded', 'parked');

CREATE FUNCTION seat_inserted() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public AS $$
BEGIN
    PERFORM seat_apply(coalesce((SELECT jsonb_agg(jsonb_build_object('sign', 1, 'convoy', convoy_id, 'kind', kind,
        'from_seq', from_seq, 'to_seq', to_seq, 'animals', animals, 'luggage', luggage))
        FROM fresh WHERE seat_counts(status)), '[]'));
    PERFORM seat_people(array(SELECT id FROM fresh));
    RETURN NULL;
END $$;
CREATE FUNCTION seat_updated() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
    PERFORM seat_people(array(SELECT id FROM fresh));
    RETURN NULL;
END $$;
CREATE FUNCTION seat_deleted() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public AS $$
BEGIN
    PERFORM seat_apply(coalesce((SELECT jsonb_agg(jsonb_build_object('sign', -1, 'convoy', convoy_id, 'kind', kind,
        'from_seq', from_seq, 'to_seq', to_seq, 'animals', animals, 'luggage', luggage))
        FROM stale WHERE seat_counts(status)), '[]'));
    RETURN NULL;
END $$;

-- A seat is its traveller's person's; a child is confirmed or boarded only beside an adult of their own, or with
-- the officer, the carer's written consent and a receiving body on the traveller row (AP I art. 78).
CREATE FUNCTION seat_people(ids bigint[]) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
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
             WHERE o.convoy_id = s.convoy_id AND o.status IN ('held', 'confirmed', 'boarded')
               AND (a.id = p.guardian_id OR (a.household_id = p.household_id
                    AND a.age_band NOT IN ('0-1', '1-4', '5-11', '12-17', 'child', ''))));
    IF FOUND THEN
        PERFORM hotline_refuse('seat_child_not_alone', 'a child does not cross lines alone');
    END IF;
END $$;
CREATE TRIGGER seat_inserted AFTER INSERT ON cases_seat REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION seat_inserted();
CREATE TRIGGER seat_updated AFTER UPDATE ON cases_seat REFERENCING OLD TABLE AS stale NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION seat_updated();
CREATE TRIGGER seat_deleted AFTER DELETE ON cases_seat REFERENCING OLD TABLE AS stale
    FOR EACH STATEMENT EXECUTE FUNCTION seat_deleted();

-- A convoy departs with nobody over, and is reconciled with nobody aboard.
CREATE FUNCTION convoy_guard() RETURNS trigger LANGUAGE plpgsql AS $$
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
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER convoy_guard BEFORE UPDATE OF status ON cases_convoy FOR EACH ROW EXECUTE FUNCTION convoy_guard();

-- No "safe" while a minor was handed to nobody who is on record.
CREATE FUNCTION evacuation_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM cases_traveller t JOIN cases_person p ON p.id = t.person_id
      WHERE t.request_id = NEW.id AND p.age_band IN ('0-1', '1-4', '5-11', '12-17', 'child')
        AND NOT EXISTS (SELECT 1 FROM cases_release r WHERE r.minor_id = p.id AND r.released_at IS NOT NULL);
    IF FOUND THEN
        PERFORM hotline_refuse('evacuation_safe_after_release', 'a minor has no release row');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER evacuation_guard BEFORE UPDATE OF status ON cases_evacuationrequest
    FOR EACH ROW WHEN (NEW.status = 'safe' AND OLD.status <> 'safe') EXECUTE FUNCTION evacuation_guard();

-- Stock: the balances follow the moves, once a statement, in one order.
CREATE FUNCTION stock_moved() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public AS $$
DECLARE d record;
BEGIN
    FOR d IN
        SELECT lot, place, sum(change) AS change, p.outside
          FROM (SELECT lot_id AS lot, source_id AS place, -quantity AS change FROM fresh
                UNION ALL SELECT lot_id, target_id, quantity FROM fresh) AS m
          JOIN cases_stockplace p ON p.id = place
         GROUP BY lot, place, p.outside ORDER BY lot, place
    LOOP
        INSERT INTO cases_balance (lot_id, place_id, outside, quantity) VALUES (d.lot, d.place, d.outside, 0)
            ON CONFLICT (lot_id, place_id) DO NOTHING;
        UPDATE cases_balance SET quantity = quantity + d.change WHERE lot_id = d.lot AND place_id = d.place;
    END LOOP;
    RETURN NULL;
END $$;
CREATE TRIGGER stock_moved AFTER INSERT ON cases_stockmove REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION stock_moved();
