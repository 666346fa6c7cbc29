#!/usr/bin/env bash
# `shipnote publish` of 10,000 changes, HTML and Markdown, into a fresh folder on a memory file system: wall time and peak
# memory. At most 3 s and 200 MB is what we want.
source "$(dirname "$0")/prepare.sh"

count=${1:-10000}
records "$count"
# Its own folder there, so that each run writes into a fresh one; on other systems than Linux it is the disk.
memory=$(mktemp -d "$([[ -d /dev/shm ]] && echo /dev/shm || echo "$work")/shipnote-bench.XXXXXX")
trap 'rm -rf "$work" "$memory"' EXIT
python3 - "$shipnote" "$database" "$memory" <<'PYTHON' >"$work/plan.json"
import json, sys

shipnote, database, memory = sys.argv[1:]
argv = [shipnote, "--database", database, "publish", "--out", memory + "/site-{n}", "--format", "all"]
json.dump({"runs": 3, "warm_up": 1, "commands": [{"name": "shipnote publish", "argv": argv}]}, sys.stdout)
PYTHON
cd "$work/project"
"${side_by_side[@]}" <"$work/plan.json"
printf '%s changes, %s files, %s\n' "$count" "$(find "$memory/site-0" -type f | wc -l)" "$(du -sh "$memory/site-0" | cut -f1)"
