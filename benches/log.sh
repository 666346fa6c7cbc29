#!/usr/bin/env bash
# `shipnote log` with all fields beside the sqlite3 shell making one durable insert (WAL, FULL) into an equal table with
# an equal full-text index: 50 runs each, in turns, process start to exit. At most twice as long is what we want.
source "$(dirname "$0")/prepare.sh"

records 1000
equal=$work/equal.db
sqlite3 "$equal" >/dev/null <<'SQL'
PRAGMA journal_mode = WAL;
CREATE TABLE change (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, title TEXT NOT NULL, status TEXT NOT NULL, kind TEXT NOT NULL,
    owner TEXT, service TEXT, environment TEXT, shipped_at TEXT, created_at TEXT NOT NULL, doc TEXT NOT NULL
);
CREATE INDEX change_at ON change (shipped_at DESC);
CREATE VIRTUAL TABLE words USING fts5(
    title, reason, error, command, file, context, content = '', tokenize = 'porter unicode61'
);
SQL
python3 - "$work/changes.jsonl" "$equal" "$work/plan.json" "$shipnote" "$database" <<'PYTHON'
import json, sqlite3, sys

changes, equal, plan, shipnote, database = sys.argv[1:]
connection = sqlite3.connect(equal)


def text(change, *names):
    return " ".join(str(change.get(name) or "") for name in names)


def rows(n, change):
    row = (n, f"{n:012}", change["title"], "shipped", change["kind"], change["owner"], change["service"], "production",
           change["shipped_at"], change["created_at"], json.dumps(change))
    words = (n, change["title"], text(change, "reason", "expected"), text(change["baseline"], "symptom", "route"),
             " ".join(command["run"] for command in change["commands"]), " ".join(change["files"]),
             text(change, "owner", "service", "environment", "tags"))
    return row, words


INSERT = (
    "INSERT INTO change VALUES ({})".format(",".join("?" * 11)),
    "INSERT INTO words (rowid, title, reason, error, command, file, context) VALUES ({})".format(",".join("?" * 7)),
)
with open(changes) as lines:
    for n, line in enumerate(lines):
        for sql, values in zip(INSERT, rows(n, json.loads(line))):
            connection.execute(sql, values)
        last = json.loads(line)
connection.commit()


def quoted(values):
    return ", ".join(str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'" for value in values)


row, words = rows(1, last)
insert = (
    "PRAGMA synchronous = FULL; BEGIN IMMEDIATE; "
    f"INSERT INTO change VALUES (10000 + {{n}}, 'new-{{n}}', {quoted(row[2:])}); "
    "INSERT INTO words (rowid, title, reason, error, command, file, context) "
    f"VALUES (10000 + {{n}}, {quoted(words[1:])}); COMMIT;"
)
baseline = last["baseline"]
log = [
    shipnote, "--database", database, "log", "{n}: " + last["title"], "--reason", last["reason"], "--kind", last["kind"],
    "--metric", "p95 latency: 480 ms -> 190 ms", "--owner", last["owner"], "--expected", last["expected"],
    "--rollback", "Safe at any time.", "--rollback-command", last["rollback"]["command"], "--route", baseline["route"],
    "--input", "an order with 200 lines", "--symptom", baseline["symptom"], "--location", baseline["location"],
    "--baseline-command", baseline["command"], "--assumption", "Orders change less than once a minute",
    "--service", last["service"], "--env", "production", "--link", "https://example.com/pull/812",
    "--shipped-at", last["shipped_at"], "--key", "bench-{n}",
]
for flag, values in [("--file", last["files"]), ("--tag", last["tags"])]:
    for value in values:
        log += [flag, value]
for command in last["commands"]:
    log += ["--command", command["run"]]
with open(plan, "w") as out:
    commands = [{"name": "shipnote log", "argv": log, "most": 2.0}, {"name": "sqlite3 insert", "argv": ["sqlite3", equal, insert]}]
    json.dump({"runs": 50, "commands": commands}, out)
PYTHON
cd "$work/project"
"${side_by_side[@]}" <"$work/plan.json"
