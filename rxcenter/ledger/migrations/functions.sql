-- ledger_append(entries): appends events to their streams and returns how many.
-- entries: JSON array of {"ord": position, "of": position of the primary entry, "stream", "subject", "type", "actor", "at", "body"};
-- an entry whose "of" is its own "ord" is primary, the others are copies in a dispenser's stream and share its subject_seq.
-- The heads are locked in sorted order until commit: seq order is commit order and there are no gaps.
CREATE OR REPLACE FUNCTION ledger_append(entries json) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    streams text[];
    r record;
    here text := NULL;
    n bigint;
    last bytea;
    done integer := 0;
    locked integer;
BEGIN
    SELECT array_agg(DISTINCT e->>'stream') INTO streams FROM json_array_elements(entries) e;
    IF streams IS NULL THEN RETURN 0; END IF;
    PERFORM 1 FROM ledger_streamhead WHERE stream = ANY(streams) ORDER BY stream FOR UPDATE;
    -- Count what was locked, not what is visible now: a head committed a moment ago would be visible, and free for others.
    GET DIAGNOSTICS locked = ROW_COUNT;
    IF locked < cardinality(streams) THEN
        INSERT INTO ledger_streamhead (stream, seq, hash)
        SELECT s, 0, decode(repeat('00', 32), 'hex') FROM unnest(streams) s ORDER BY s ON CONFLICT DO NOTHING;
        PERFORM 1 FROM ledger_streamhead WHERE stream = ANY(streams) ORDER BY stream FOR UPDATE;
    END IF;
    FOR r IN
        WITH e AS (
            SELECT ord, "of", stream, subject, type, actor, at, body
            FROM json_to_recordset(entries)
              AS x(ord int, "of" int, stream text, subject uuid, type text, actor text, at timestamptz, body text)
        ), numbered AS (
            SELECT p.ord, coalesce((SELECT max(v.subject_seq) FROM ledger_event v WHERE v.subject = p.subject AND v."primary"), 0)
                   + row_number() OVER (PARTITION BY p.subject ORDER BY p.ord) AS subject_seq
            FROM e p WHERE p.ord = p."of"
        )
        SELECT e.*, numbered.subject_seq::int AS subject_seq FROM e JOIN numbered ON numbered.ord = e."of" ORDER BY e.stream, e.ord
    LOOP
        IF here IS DISTINCT FROM r.stream THEN
            IF here IS NOT NULL THEN UPDATE ledger_streamhead SET seq = n, hash = last WHERE stream = here; END IF;
            here := r.stream;
            SELECT seq, hash INTO n, last FROM ledger_streamhead WHERE stream = here;
        END IF;
        n := n + 1;
        INSERT INTO ledger_event (stream, seq, subject, subject_seq, "primary", type, actor, at, body, prev_hash, hash)
        VALUES (r.stream, n, r.subject, r.subject_seq, r.ord = r."of", r.type, r.actor, r.at, r.body, last,
                ledger_hash(last, r.stream, n, r.subject, r.subject_seq, r.type, r.actor, r.at, r.body))
        RETURNING hash INTO last;
        done := done + 1;
    END LOOP;
    UPDATE ledger_streamhead SET seq = n, hash = last WHERE stream = here;
    RETURN done;
END $$;

CREATE OR REPLACE FUNCTION ledger_hash(prev bytea, stream text, seq bigint, subject uuid, subject_seq int, type text, actor text,
                                       at timestamptz, body text) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
    SELECT sha256(prev || convert_to(
        octet_length(stream) || ':' || stream || length(seq::text) || ':' || seq || length(subject::text) || ':' || subject
        || length(subject_seq::text) || ':' || subject_seq || octet_length(type) || ':' || type || octet_length(actor) || ':' || actor
        || '27:' || to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || octet_length(body) || ':' || body, 'UTF8'))
$$;

CREATE OR REPLACE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Test databases are emptied between tests by TRUNCATE and say so in their session; nothing lifts UPDATE or DELETE.
    IF TG_OP = 'TRUNCATE' AND current_setting('rxcenter.test_database', true) = 'on' AND current_database() LIKE 'test%' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'the record is append-only: % on % refused', TG_OP, TG_TABLE_NAME;
END $$;
CREATE OR REPLACE TRIGGER ledger_event_append_only BEFORE UPDATE OR DELETE ON ledger_event
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse();
CREATE OR REPLACE TRIGGER ledger_event_no_truncate BEFORE TRUNCATE ON ledger_event
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
CREATE OR REPLACE TRIGGER ledger_checkpoint_append_only BEFORE UPDATE OR DELETE ON ledger_checkpoint
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse();
