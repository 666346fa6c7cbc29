#!/usr/bin/env bash
# `shipnote check --since` in a repository of 1,000 commits with 100,000 records: the records of some commits are found by
# trailers, of some by hashes, of most by files; a few have none.
#
#   benches/check.sh [COMMITS] [RECORDS] [RUNS]
#
# At most 1 s is what we want.
source "$(dirname "$0")/prepare.sh"

commits=${1:-1000}
count=${2:-100000}
runs=${3:-5}
records "$count"
cd "$work/project"
git init --quiet --initial-branch=main 2>/dev/null || true
python3 - "$work/changes.jsonl" "$commits" <<'PYTHON' | git fast-import --quiet --force
import itertools, json, sys

path, commits = sys.argv[1], int(sys.argv[2])
out = sys.stdout
files = [json.loads(line).get("files") or ["README.md"] for line in itertools.islice(open(path), commits)]
for n in range(commits + 1):
    message = f"fix: commit {n}\n"
    out.write(f"commit refs/heads/main\nmark :{n + 1}\n")
    out.write(f"committer Team Orders <team-orders@example.com> {1500000000 + n} +0000\n")
    out.write(f"data {len(message)}\n{message}")
    if n:
        out.write(f"from :{n}\n")
        for name in files[n - 1][:20]:
            out.write(f"M 100644 inline \"{name}\"\ndata 2\n{n % 10}\n")
        # A commit of its own file has no record.
        if n % 50 == 0:
            out.write(f"M 100644 inline \"unrecorded/{n}.txt\"\ndata 2\nx\n")
    out.write("\n")
PYTHON
first=$(git rev-list --max-parents=0 main)
python3 - "$shipnote" "$database" "$first" "$runs" <<'PYTHON' >"$work/plan.json"
import json, sys

shipnote, database, first, runs = sys.argv[1:]
argv = ["sh", "-c", f"'{shipnote}' --database '{database}' check --since {first} >check.txt; test $? = 1"]
log = ["sh", "-c", f"git log --name-only {first}..main >log.txt"]
json.dump({"runs": int(runs), "warm_up": 1, "commands": [{"name": "check", "argv": argv}, {"name": "git log --name-only", "argv": log}]}, sys.stdout)
PYTHON
"${side_by_side[@]}" <"$work/plan.json"
tail -n 1 check.txt
