-- Hash of one event given the hash before it: the step of a chain. Called as a window aggregate, so that a whole
-- batch is chained by one INSERT; the first event of a batch continues from the stream's head.
CREATE OR REPLACE FUNCTION ledger_step(state bytea, head bytea, content text) RETURNS bytea LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN sha256(coalesce(state, head) || convert_to(content, 'UTF8'));
END $$;
CREATE OR REPLACE AGGREGATE ledger_chain(bytea, text) (SFUNC = ledger_step, STYPE = bytea);

-- What is hashed of an event: its fields, each with its length in bytes before it. rxcenter/ledger/chain.py says the same.
CREATE OR REPLACE FUNCTION ledger_content(stream text, seq bigint, subject uuid, subject_seq int, type text, actor text,
                                          at timestamptz, body text) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT octet_length(stream) || ':' || stream || length(seq::text) || ':' || seq || '36:' || subject
        || length(subject_seq::text) || ':' || subject_seq || octet_length(type) || ':' || type || octet_length(actor) || ':' || actor
        || '27:' || to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || octet_length(body) || ':' || body
$$;

-- ledger_append(entries): appends events to their streams and returns to how many streams.
-- entries: JSON array of {"ord": position, "of": position of the primary entry, "stream", "subject", "type", "actor", "at", "body"};
-- an entry whose "of" is its own "ord" is primary, the others are copies in a dispenser's stream and share its subject_seq.
-- The heads are locked in sorted order until commit: seq order is commit order and there are no gaps.
CREATE OR REPLACE FUNCTION ledger_append(entries json) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    streams text[];
    touched integer;
BEGIN
    SELECT array_agg(DISTINCT e->>'stream') INTO streams FROM json_array_elements(entries) e;
    IF streams IS NULL THEN RETURN 0; END IF;
    PERFORM 1 FROM ledger_streamhead WHERE stream = ANY(streams) ORDER BY stream FOR UPDATE;
    -- Count what was locked, not what is visible now: a head committed a moment ago would be visible, and free for others.
    GET DIAGNOSTICS touched = ROW_COUNT;
    IF touched < cardinality(streams) THEN
        INSERT INTO ledger_streamhead (stream, seq, hash)
        SELECT s, 0, decode(repeat('00', 32), 'hex') FROM unnest(streams) s ORDER BY s ON CONFLICT DO NOTHING;
        PERFORM 1 FROM ledger_streamhead WHERE stream = ANY(streams) ORDER BY stream FOR UPDATE;
    END IF;
    WITH e AS (
        SELECT ord, "of", stream, subject, type, actor, at, body
        FROM json_to_recordset(entries)
          AS x(ord int, "of" int, stream text, subject uuid, type text, actor text, at timestamptz, body text)
    ), numbered AS (
        SELECT p.ord, (coalesce((SELECT max(v.subject_seq) FROM ledger_event v WHERE v.subject = p.subject AND v."primary"), 0)
               + row_number() OVER (PARTITION BY p.subject ORDER BY p.ord))::int AS subject_seq
        FROM e p WHERE p.ord = p."of"
    ), placed AS (
        SELECT e.*, numbered.subject_seq, head.hash AS head,
               head.seq + row_number() OVER (PARTITION BY e.stream ORDER BY e.ord) AS seq
        FROM e JOIN numbered ON numbered.ord = e."of" JOIN ledger_streamhead head ON head.stream = e.stream
    ), chained AS (
        SELECT *, ledger_chain(head, ledger_content(stream, seq, subject, subject_seq, type, actor, at, body))
                  OVER (PARTITION BY stream ORDER BY ord) AS hash FROM placed
    ), stored AS (
        INSERT INTO ledger_event (stream, seq, subject, subject_seq, "primary", type, actor, at, body, prev_hash, hash)
        SELECT stream, seq, subject, subject_seq, ord = "of", type, actor, at, body,
               coalesce(lag(hash) OVER (PARTITION BY stream ORDER BY ord), head), hash
        FROM chained ORDER BY stream, ord RETURNING stream, seq, hash
    )
    UPDATE ledger_streamhead h SET seq = last.seq, hash = last.hash
    FROM (SELECT DISTINCT ON (stream) stream, seq, hash FROM stored ORDER BY stream, seq DESC) last WHERE h.stream = last.stream;
    GET DIAGNOSTICS touched = ROW_COUNT;
    RETURN touched;
END $$;

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
