"""The floor: the rows that one posted prescription becomes, written by hand-made SQL with pgbench.

One prescription, its job, its event and its stream's head, in one transaction and one round trip (pipeline), prepared.
No HTTP, no authentication, no parsing, no masking, no encryption, no hashing of what was said: nothing can be durable
with less.
"""

import os
import re
import subprocess
from pathlib import Path

from django.db import connection

from rxcenter.devstack.binaries import find_postgres
from rxcenter.devstack.launching import DevstackError

SQL = """\\set n random(1, 9000000000000000)
\\startpipeline
BEGIN;
INSERT INTO prescriptions_prescription (id, institution_id, number, revision, current, origin, state, state_since, kind,
    setting, issued_at, received_at, prescriber, patient_keys, document, sealed, fingerprint, raw_hash, client)
VALUES (md5(:n::text)::uuid, :code::text, 'F' || :n::text, 1, true, 'live', 'received', now(), 'western',
    'outpatient', now(), now(), 'D01', ARRAY['health_card:' || md5(:n::text), 'resident_id:' || md5(:n::text)],
    :document::jsonb, decode(repeat('5a', 400), 'hex'), repeat('a', 64), repeat('b', 64), '0123456789abcdef');
INSERT INTO jobs_job (kind, subject) VALUES ('floor', md5(:n::text)::uuid);
WITH head AS (
    UPDATE ledger_streamhead SET seq = seq + 1, hash = sha256(hash) WHERE stream = :stream::text RETURNING seq, hash
)
INSERT INTO ledger_event (stream, seq, subject, subject_seq, "primary", type, actor, at, body, prev_hash, hash)
SELECT :stream::text, seq, md5(:n::text)::uuid, 1, true, 'prescription.received', 'placer ' || 'floor', now(),
    '{"fingerprint":"' || repeat('a', 64) || '","raw_hash":"' || repeat('b', 64) || '","to":"received"}', hash, hash
FROM head;
COMMIT;
\\endpipeline
"""
STREAM = "floor"  # streams of its own: the centre's chains stay whole


def program() -> Path | None:
    """pgbench beside the PostgreSQL that devstack found, else on the path; None when there is none."""
    try:
        beside = find_postgres().bin / "pgbench"
    except DevstackError:
        beside = Path("pgbench")
    on_path = [Path(place) / "pgbench" for place in os.environ.get("PATH", "").split(os.pathsep)]
    return next((p for p in [beside, *on_path] if p.is_file()), None)


def prepare(streams: int) -> None:
    """The stream heads that the floor's events go to, one for each institution that the requests go to."""
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO ledger_streamhead (stream, seq, hash)
            SELECT %s || n, 0, decode(repeat('00', 32), 'hex') FROM generate_series(0, %s) n ON CONFLICT DO NOTHING""",
            [STREAM, streams - 1],
        )


def measure(
    pgbench: Path, code: str, document: str, place: Path, *, seconds: int, clients: int, streams: int
) -> float:
    """Prescriptions per second. `document` is the masked JSON as the centre stores it, of usual size."""
    script = place / "floor.sql"
    choice = f"\\set s random(0, {streams - 1})\n"
    script.write_text(choice + SQL.replace(":stream::text", f"('{STREAM}' || :s::text)"), encoding="utf-8")
    words = ["-n", "-M", "prepared", "-c", str(clients), "-j", "2", "-T", str(seconds), "-f", str(script)]
    values = ["-D", f"code={code}", "-D", f"document={document}"]
    done = subprocess.run(
        [str(pgbench), *words, *values, os.environ["DATABASE_URL"]], capture_output=True, text=True
    )
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    failed = re.search(r"number of failed transactions: (\d+)", done.stdout)
    if done.returncode or not found or (failed and int(failed[1])):
        raise RuntimeError(f"pgbench: {done.stdout[-500:]}{done.stderr[-1000:]}")
    return float(found[1])
