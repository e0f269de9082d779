-- Each account opens what its own browser kept: no two share a key.
UPDATE cases_user SET vault = gen_random_uuid();

-- Who made a household known is of it; who called about it later is so only where somebody made sure.
UPDATE cases_tie t SET verified_how = 'opened' WHERE verified_how = '' AND NOT EXISTS (
    SELECT 1 FROM cases_tie o WHERE o.household_id = t.household_id AND o.id < t.id);

-- What was heard stays as it was heard; a text that was read aloud stays as it was read.
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON cases_telephonyevent FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON cases_script FOR EACH ROW EXECUTE FUNCTION append_only();

DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['draft', 'written', 'handover'] LOOP
        EXECUTE format('CREATE TRIGGER data_key_stays BEFORE UPDATE OF data_key_id, uid ON cases_%s FOR EACH ROW
                        WHEN (OLD.data_key_id <> NEW.data_key_id OR OLD.uid <> NEW.uid)
                        EXECUTE FUNCTION data_key_stays()', t);
    END LOOP;
END $$;

-- A draft ends once; until then its serial only rises, so that an older save never replaces a newer one.
CREATE FUNCTION draft_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.ended_at IS NOT NULL AND (NEW.ended_at IS NULL OR NEW.body IS NOT NULL) THEN
        PERFORM hotline_refuse('draft_ends_once', 'a draft that became a call does not come back');
    END IF;
    IF NEW.serial < OLD.serial THEN
        PERFORM hotline_refuse('draft_serial_rises', 'an older save never replaces a newer one');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER draft_guard BEFORE UPDATE OF ended_at, body, serial ON cases_draft
    FOR EACH ROW EXECUTE FUNCTION draft_guard();

-- Who may only be written to, or not be reached at all, never becomes a call to make.
CREATE FUNCTION callback_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM cases_reach WHERE contact_id = NEW.contact_id AND mode <> 'voice';
    IF FOUND THEN
        PERFORM hotline_refuse('callback_not_to_writers', 'somebody on this contact is not to be called');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER callback_guard BEFORE INSERT OR UPDATE OF way, state, leased_by_id ON cases_callback
    FOR EACH ROW WHEN (NEW.way = 'call' AND NEW.state IN ('open', 'leased')) EXECUTE FUNCTION callback_guard();
