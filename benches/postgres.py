"""Measures the plan of the speed bench on a PostgreSQL server beside psql and plain SQL; ends with 1 when a goal is missed.
benches/postgres.sh makes the server and runs it.
"""

import itertools
import json
import os
import pathlib
import re
import subprocess
import sys
import time

sys.dont_write_bytecode = True
from side_by_side import run  # noqa: E402

RUNS, WARM_UP = 20, 1
#: A command that took longer than this in all is not run again: its median is known well enough.
ENOUGH_MS, FEWEST_RUNS = 10_000, 5
#: One that takes so long is run once.
ONCE_MS = 20_000
#: A rare word may take so long, anything else an eighth of the plain SQL; loading is twice as fast as plain inserts.
RARE_MS, TIMES, LOAD_TIMES = 40, 8, 2
#: The first plain inserts, into a table that is nearly empty, are told apart.
FIRST = 20_000

PLAIN = """
    CREATE SCHEMA plain;
    CREATE TABLE plain.change (num bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, doc json NOT NULL, words tsvector NOT NULL);
    CREATE INDEX ON plain.change USING gin (words);
"""
INSERT = """
    INSERT INTO plain.change (doc, words) SELECT d, setweight(to_tsvector('simple', d ->> 'title'), 'A')
        || to_tsvector('simple', concat_ws(' ', d ->> 'reason', d ->> 'expected', d ->> 'baseline', d ->> 'commands',
            d ->> 'files', d ->> 'owner', d ->> 'service', d ->> 'tags'))
    FROM (SELECT %s::json AS d) r
"""


class Command:
    """One program asked one thing."""

    def __init__(self, argv):
        self.argv, self.times = argv, []

    def measure(self, keep):
        enough = len(self.times) >= FEWEST_RUNS and sum(self.times) > ENOUGH_MS
        if enough or any(took > ONCE_MS for took in self.times):
            return
        took, _ = run(self.argv, allowed=(0, 1))
        if keep or took > ONCE_MS:
            self.times.append(took)

    def p50(self):
        return sorted(self.times)[(len(self.times) - 1) // 2]


def psql(server, *arguments, script=None):
    argv = ["psql", "-h", server, "-U", "shipnote", "-XqAt", "-v", "ON_ERROR_STOP=1", *arguments, "postgres"]
    return subprocess.run(argv, input=script, capture_output=True, text=True, check=True).stdout


def insert(server, changes):
    """Stores records one INSERT each, all in one transaction; returns the seconds that took."""
    argv = ["psql", "-h", server, "-U", "shipnote", "-Xq", "-v", "ON_ERROR_STOP=1", "-o", os.devnull, "postgres"]
    began = time.perf_counter()
    with subprocess.Popen(argv, stdin=subprocess.PIPE, text=True) as shell:
        shell.stdin.write("BEGIN;\n")
        for change in changes:
            quoted = change.rstrip("\n").replace("'", "''")
            shell.stdin.write((INSERT % f"'{quoted}'").replace("\n", " ") + ";\n")
        shell.stdin.write("COMMIT;\n")
    assert shell.returncode == 0, "psql failed"
    return time.perf_counter() - began


def load_plain(server, changes):
    """Fills the equal table; returns how many records a second the first plain inserts store, and all of them."""
    psql(server, script=PLAIN)
    with open(changes) as lines:
        first = insert(server, itertools.islice(lines, FIRST))
        rest = insert(server, lines)
    stored = int(psql(server, script="VACUUM ANALYZE plain.change; SELECT count(*) FROM plain.change;"))
    return FIRST / first, stored / (first + rest)


def plain_query(match):
    """The plain SQL of an FTS5 expression: a phrase, a prefix, words that must all or need only one match."""
    if match.endswith("*"):
        query = f"to_tsquery('simple', '{match[:-1]}:*')"
    elif " OR " in match:
        words = " | ".join(dict.fromkeys(re.findall(r"\w+", match.replace(" OR ", " "))))
        query = f"to_tsquery('simple', '{words}')"
    elif match.startswith('"'):
        query = f"phraseto_tsquery('simple', '{match.strip(chr(34))}')"
    else:
        query = f"plainto_tsquery('simple', '{match}')"
    return (
        f"SELECT doc FROM plain.change, {query} q WHERE words @@ q ORDER BY ts_rank_cd(words, q) DESC, num DESC LIMIT 20"
    )


def main():
    program, server, work, count, microseconds = sys.argv[1:]
    database = f"postgres://shipnote@/postgres?host={server}"
    changes = pathlib.Path(work) / "changes.jsonl"
    loaded, (first, plain) = int(count) * 1e6 / int(microseconds), load_plain(server, changes)
    met = loaded >= LOAD_TIMES * plain
    print(
        f"import json: {loaded:.0f} records a second; plain inserts: {plain:.0f}, the first {FIRST} of them {first:.0f}: "
        f"{loaded / plain:.2f}x: {'PASS' if met else 'FAIL'}",
        flush=True,
    )
    sizes = "SELECT pg_size_pretty(sum(pg_total_relation_size(oid))) FROM pg_class WHERE relnamespace = 'shipnote'::regnamespace AND relkind = 'r'"
    print(f"{count} records take {psql(server, '-c', sizes).strip()} with all indexes")
    rows = []
    for row in json.loads((pathlib.Path(work) / "plan.json").read_text())["rows"]:
        ours = Command([program, "--database", database, *row["shipnote"]])
        theirs = row["match"] and Command(
            ["psql", "-h", server, "-U", "shipnote", "-XqAt", "-c", plain_query(row["match"]), "postgres"]
        )
        rows.append((row["name"], ours, theirs))
    for n in range(-WARM_UP, RUNS):
        for _, ours, theirs in rows:
            for command in filter(None, (ours, theirs)):
                command.measure(keep=n >= 0)
    print(f"\nms, p50 of {RUNS} runs in turns\n{'query':<44} {'shipnote':>9} {'psql':>9} {'goal':>8}")
    for name, ours, theirs in rows:
        goal = RARE_MS if name.startswith("rare") else theirs.p50() / TIMES if theirs else None
        passed = goal is None or ours.p50() <= goal
        met = met and passed
        shown = (f"{theirs.p50():>9.1f} {goal:>8.1f}" if theirs else f"{'-':>9} {'-':>8}")
        print(f"{name[:44]:<44} {ours.p50():>9.1f} {shown}  {'PASS' if passed else 'FAIL'}")
    sys.exit(0 if met else 1)


main()
