#!/usr/bin/env bash
# `shipnote search` for a rare word in 100,000 records beside the sqlite3 shell asking an equal FTS5 table, 50 runs each,
# in turns. At most twice as long is what we want. A common word and a phrase are printed for information.
source "$(dirname "$0")/prepare.sh"

records "${1:-100000}"
python3 - "$work/changes.jsonl" "$work/equal.db" "$work" "$shipnote" "$database" <<'PYTHON'
import collections, json, sqlite3, sys

changes, equal, work, shipnote, database = sys.argv[1:]
connection = sqlite3.connect(equal)
connection.executescript("""
    PRAGMA journal_mode = WAL;
    CREATE TABLE change (seq INTEGER PRIMARY KEY, title TEXT NOT NULL, shipped_at TEXT, doc TEXT NOT NULL);
    CREATE VIRTUAL TABLE words USING fts5(
        title, reason, error, command, file, context, content = '', tokenize = 'porter unicode61'
    );
""")
seen = collections.Counter()
with open(changes) as lines:
    for n, line in enumerate(lines):
        change = json.loads(line)
        connection.execute("INSERT INTO change VALUES (?, ?, ?, ?)", (n, change["title"], change["shipped_at"], line))
        baseline = change["baseline"]
        texts = [
            change["title"], change["reason"] + " " + change["expected"],
            " ".join([baseline["symptom"], baseline["route"], baseline["location"]]),
            " ".join(command["run"] for command in change["commands"]), " ".join(change["files"]),
            " ".join([change["owner"], change["service"], *change["tags"]]),
        ]
        connection.execute(
            "INSERT INTO words (rowid, title, reason, error, command, file, context) VALUES (?, ?, ?, ?, ?, ?, ?)", [n, *texts]
        )
        seen.update({word.strip(".").lower() for word in change["reason"].split()})
connection.commit()
connection.close()
rare = next(word for word, count in sorted(seen.items()) if count == 5 and len(word) > 8)
common = seen.most_common(1)[0][0]
for name, word, most in [("rare", rare, 2.0), ("common", common, None)]:
    sql = (
        "SELECT change.doc FROM words JOIN change ON change.seq = words.rowid "
        f"WHERE words MATCH '\"{word}\"' ORDER BY bm25(words, 8, 1, 5, 4, 3, 3) LIMIT 20"
    )
    commands = [
        {"name": f"shipnote search ({name})", "argv": [shipnote, "--database", database, "search", "--quiet", word], "most": most},
        {"name": f"sqlite3 fts5 ({name})", "argv": ["sqlite3", equal, sql]},
    ]
    with open(f"{work}/{name}.json", "w") as out:
        json.dump({"runs": 50 if name == "rare" else 10, "commands": commands}, out)
PYTHON
"${side_by_side[@]}" <"$work/common.json"
"${side_by_side[@]}" <"$work/rare.json"
