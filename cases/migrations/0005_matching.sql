-- A clock that moves to another case leaves one behind: neither may be forgotten.
CREATE OR REPLACE FUNCTION case_child_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN PERFORM case_not_forgotten(OLD.case_id); END IF;
    IF TG_OP <> 'DELETE' AND (TG_OP = 'INSERT' OR NEW.case_id <> OLD.case_id) THEN
        PERFORM case_not_forgotten(NEW.case_id);
    END IF;
    RETURN NULL;
END $$;
DROP TRIGGER case_child_guard ON cases_clock;
CREATE CONSTRAINT TRIGGER case_child_guard AFTER UPDATE OF state, case_id OR DELETE ON cases_clock
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION case_child_guard();
