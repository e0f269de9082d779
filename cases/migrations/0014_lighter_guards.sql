-- The guards of seats as they were, with fewer statements: each leg is asked and changed at once, and whether a child
-- travels alone is asked only where a child is placed. What they refuse is the same.

-- A leg takes the sum of a statement, unless it has no room for more of a kind; what takes nothing locks it all the same,
-- since the guard of children reads who else is aboard.
CREATE FUNCTION seat_leg(convoy bigint, leg int, seat int, wheelchair int, stretcher int, animal int, piece int)
    RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF (seat, wheelchair, stretcher, animal, piece) = (0, 0, 0, 0, 0) THEN
        PERFORM 1 FROM cases_leg l WHERE l.convoy_id = convoy AND l.seq = leg FOR NO KEY UPDATE;
    ELSE
        UPDATE cases_leg l SET
            seats_taken = l.seats_taken + seat, wheelchairs_taken = l.wheelchairs_taken + wheelchair,
            stretchers_taken = l.stretchers_taken + stretcher, animals_taken = l.animals_taken + animal,
            luggage_taken = l.luggage_taken + piece
         WHERE l.convoy_id = convoy AND l.seq = leg
           AND (seat <= 0 OR l.seats_taken + seat <= l.seats)
           AND (wheelchair <= 0 OR l.wheelchairs_taken + wheelchair <= l.wheelchairs)
           AND (stretcher <= 0 OR l.stretchers_taken + stretcher <= l.stretchers)
           AND (animal <= 0 OR l.animals_taken + animal <= l.animals)
           AND (piece <= 0 OR l.luggage_taken + piece <= l.luggage);
    END IF;
    IF FOUND THEN RETURN; END IF;
    PERFORM 1 FROM cases_leg l WHERE l.convoy_id = convoy AND l.seq = leg;
    IF FOUND THEN
        PERFORM hotline_refuse('leg_capacity', 'this leg is full');
    END IF;
    PERFORM hotline_refuse('seat_on_existing_legs', 'the convoy has no such leg');
END $$;
REVOKE ALL ON FUNCTION seat_leg(bigint, int, int, int, int, int, int) FROM PUBLIC;

CREATE FUNCTION age_of_a_child(band text) RETURNS boolean LANGUAGE sql IMMUTABLE
    RETURN band IN ('0-1', '1-4', '5-11', '12-17', 'child');

-- Of these seats, children's: one is confirmed or aboard beside an adult of their own on the same convoy, or not at all.
CREATE FUNCTION seat_children(ids bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM cases_seat s JOIN cases_person p ON p.id = s.person_id
      WHERE s.id = ANY (ids) AND NOT EXISTS (
            SELECT 1 FROM cases_seat o JOIN cases_person a ON a.id = o.person_id
             WHERE o.convoy_id = s.convoy_id
               AND o.status IN ('held', 'confirmed', 'boarded', 'arrived', 'diverted', 'accounted')
               AND (a.id = p.guardian_id
                    OR (a.household_id = p.household_id AND a.age_band <> '' AND NOT age_of_a_child(a.age_band))));
    IF FOUND THEN
        PERFORM hotline_refuse('seat_child_not_alone', 'a child does not cross lines alone');
    END IF;
END $$;
REVOKE ALL ON FUNCTION seat_children(bigint[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION seat_inserted() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public AS $$
DECLARE d record; wrong boolean; young bigint[];
BEGIN
    FOR d IN
        SELECT f.convoy_id AS convoy, leg, count(*) FILTER (WHERE kind = 'seat') AS seat,
               count(*) FILTER (WHERE kind = 'wheelchair') AS wheelchair,
               count(*) FILTER (WHERE kind = 'stretcher') AS stretcher,
               sum(animals) AS animal, sum(luggage) AS piece
          FROM fresh f, generate_series(from_seq, to_seq - 1) AS leg
         WHERE seat_counts(status)
         GROUP BY convoy_id, leg ORDER BY convoy_id, leg
    LOOP
        PERFORM seat_leg(d.convoy, d.leg, d.seat::int, d.wheelchair::int, d.stretcher::int, d.animal::int, d.piece::int);
    END LOOP;
    SELECT bool_or(t.person_id <> f.person_id), array_agg(f.id) FILTER (
               WHERE f.status IN ('confirmed', 'boarded') AND NOT t.unaccompanied AND age_of_a_child(p.age_band))
      INTO wrong, young
      FROM fresh f JOIN cases_traveller t ON t.id = f.traveller_id JOIN cases_person p ON p.id = f.person_id;
    IF wrong THEN
        PERFORM hotline_refuse('seat_of_its_traveller', 'the seat names another person than its traveller');
    END IF;
    IF young IS NOT NULL THEN
        PERFORM seat_children(young);
    END IF;
    RETURN NULL;
END $$;

-- Whoever is only marked as missing, or contested, is put nowhere: the guard of people asks when somebody is placed.
CREATE OR REPLACE FUNCTION seat_updated() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public AS $$
DECLARE d record; wrong boolean; young bigint[];
BEGIN
    FOR d IN
        SELECT c.convoy_id AS convoy, leg, coalesce(sum(sign) FILTER (WHERE kind = 'seat'), 0) AS seat,
               coalesce(sum(sign) FILTER (WHERE kind = 'wheelchair'), 0) AS wheelchair,
               coalesce(sum(sign) FILTER (WHERE kind = 'stretcher'), 0) AS stretcher,
               sum(sign * animals) AS animal, sum(sign * luggage) AS piece
          FROM (SELECT v.*
                  FROM fresh f JOIN stale s USING (id), LATERAL (VALUES
                       (1, f.status, f.convoy_id, f.kind, f.from_seq, f.to_seq, f.animals, f.luggage),
                       (-1, s.status, s.convoy_id, s.kind, s.from_seq, s.to_seq, s.animals, s.luggage))
                       AS v (sign, status, convoy_id, kind, from_seq, to_seq, animals, luggage)
                 WHERE (f.status, f.convoy_id, f.kind, f.from_seq, f.to_seq, f.animals, f.luggage)
                       <> (s.status, s.convoy_id, s.kind, s.from_seq, s.to_seq, s.animals, s.luggage)) AS c,
               generate_series(from_seq, to_seq - 1) AS leg
         WHERE seat_counts(c.status)
         GROUP BY c.convoy_id, leg ORDER BY c.convoy_id, leg
    LOOP
        PERFORM seat_leg(d.convoy, d.leg, d.seat::int, d.wheelchair::int, d.stretcher::int, d.animal::int, d.piece::int);
    END LOOP;
    SELECT bool_or(t.person_id <> f.person_id), array_agg(f.id) FILTER (
               WHERE f.status IN ('confirmed', 'boarded') AND NOT t.unaccompanied AND age_of_a_child(p.age_band))
      INTO wrong, young
      FROM fresh f JOIN stale s USING (id)
      JOIN cases_traveller t ON t.id = f.traveller_id JOIN cases_person p ON p.id = f.person_id
     WHERE (f.status, f.convoy_id, f.person_id, f.traveller_id)
           <> (s.status, s.convoy_id, s.person_id, s.traveller_id);
    IF wrong THEN
        PERFORM hotline_refuse('seat_of_its_traveller', 'the seat names another person than its traveller');
    END IF;
    IF young IS NOT NULL THEN
        PERFORM seat_children(young);
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION seat_deleted() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public AS $$
DECLARE d record;
BEGIN
    FOR d IN
        SELECT s.convoy_id AS convoy, leg, -count(*) FILTER (WHERE kind = 'seat') AS seat,
               -count(*) FILTER (WHERE kind = 'wheelchair') AS wheelchair,
               -count(*) FILTER (WHERE kind = 'stretcher') AS stretcher,
               -sum(animals) AS animal, -sum(luggage) AS piece
          FROM stale s, generate_series(from_seq, to_seq - 1) AS leg
         WHERE seat_counts(status)
         GROUP BY convoy_id, leg ORDER BY convoy_id, leg
    LOOP
        PERFORM seat_leg(d.convoy, d.leg, d.seat::int, d.wheelchair::int, d.stretcher::int, d.animal::int, d.piece::int);
    END LOOP;
    RETURN NULL;
END $$;

DROP FUNCTION seat_apply(jsonb);
DROP FUNCTION seat_people(bigint[]);
