"""The floor of a claim: one open row becomes a claimed one and one row says whose it is, by hand-made SQL with pgbench.

One statement, one transaction, one round trip, prepared. No HTTP, no token, no events, no offers, no lease: exactly one
winner cannot be durable with less.
"""

import os
import re
import subprocess
from pathlib import Path

from django.db import connection

TABLES = """
DROP TABLE IF EXISTS bench_claim, bench_order;
CREATE TABLE bench_order (id integer PRIMARY KEY, state varchar(16) NOT NULL, claim_seq integer NOT NULL,
    state_since timestamptz NOT NULL, digest bytea NOT NULL);
CREATE TABLE bench_claim (id bigserial PRIMARY KEY, order_id integer NOT NULL REFERENCES bench_order,
    seq integer NOT NULL, state varchar(12) NOT NULL, claimed_at timestamptz NOT NULL);
CREATE UNIQUE INDEX bench_one_open_claim ON bench_claim (order_id) WHERE state = 'open';
INSERT INTO bench_order SELECT n, 'offered', 0, now(), decode(repeat('5a', 400), 'hex')
    FROM generate_series(1, %s) n;
"""
SQL = """\\set i :i + 1
\\set n :client_id * :each + :i
WITH taken AS (
    UPDATE bench_order SET state = 'claimed', claim_seq = claim_seq + 1, state_since = now()
    WHERE id = :n AND state IN ('open', 'offered') RETURNING id, claim_seq
)
INSERT INTO bench_claim (order_id, seq, state, claimed_at) SELECT id, claim_seq, 'open', now() FROM taken;
"""


class NotClaimed(RuntimeError):
    """A row of the floor was not claimed: then its figure means nothing."""


def measure(pgbench: Path, place: Path, *, orders: int, clients: int) -> float:
    """Claims per second of so many connections, each with its own share of `orders` open rows, all of them claimed."""
    each = orders // clients
    with connection.cursor() as cursor:
        cursor.execute(TABLES, [orders])
    script = place / "claims_floor.sql"
    script.write_text(SQL, encoding="utf-8")
    words = ["-n", "-M", "prepared", "-c", str(clients), "-j", "2", "-t", str(each), "-f", str(script)]
    values = ["-D", "i=0", "-D", f"each={each}"]
    done = subprocess.run(
        [str(pgbench), *words, *values, os.environ["DATABASE_URL"]], capture_output=True, text=True
    )
    speed = re.search(r"tps = ([\d.]+)", done.stdout)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM bench_claim")
        [claimed] = cursor.fetchone()
        cursor.execute("DROP TABLE bench_claim, bench_order")
    if done.returncode or not speed or claimed != each * clients:
        raise NotClaimed(f"{claimed} of {each * clients}: {done.stdout[-500:]}{done.stderr[-1000:]}")
    return float(speed[1])
