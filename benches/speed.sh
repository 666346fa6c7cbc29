#!/usr/bin/env bash
# How long one search takes among many records, start of the process to its exit, beside the sqlite3 shell asking an equal
# FTS5 table and ripgrep over 100,000 of the records as files; and how fast `import json` loads them. Ends with 1 when a
# goal is missed.
#
#   benches/speed.sh [COUNT]              a million when no count is given
#   BENCH_KEEP=1 benches/speed.sh [COUNT] keeps what is loaded for the next run, in $BENCH_DIR or the temporary folder
source "$(dirname "$0")/prepare.sh"

count=${1:-1000000}
most_seconds_a_million=100
data=$work
if [[ ${BENCH_KEEP:-} == 1 ]]; then
    data=${BENCH_DIR:-${TMPDIR:-/tmp}}/shipnote-bench.kept/$count
    mkdir -p "$data"
    [[ -f $data/loaded ]] || rm -rf "${data:?}"/*
fi
database=$data/project/.shipnote/shipnote.db

load() {
    local began ended
    "$work/generate" "$count" >"$data/changes.jsonl"
    "$shipnote" init "$data/project" >/dev/null 2>&1
    began=${EPOCHREALTIME/[.,]/}
    "$shipnote" --database "$database" import json --quiet "$data/changes.jsonl" >/dev/null
    ended=${EPOCHREALTIME/[.,]/}
    python3 "$repository/benches/speed_data.py" "$data"
    # Written last: without it the next run loads again.
    printf '%s\n' "$((ended - began))" >"$data/loaded"
}

kept=
if [[ -f $data/loaded ]]; then kept=' (kept from before)'; else load; fi
microseconds=$(cat "$data/loaded")
loaded=PASS
((microseconds <= count * most_seconds_a_million)) || loaded=FAIL
printf 'import json: %s records in %s.%s s, %s a second, goal %s: %s%s\n' "$count" "$((microseconds / 1000000))" \
    "$((microseconds / 100000 % 10))" "$((count * 1000000 / microseconds))" "$((1000000 / most_seconds_a_million))" \
    "$loaded" "$kept"

cd "$data/project"
python3 "$repository/benches/speed.py" "$shipnote" "$database" "$data" || loaded=FAIL
[[ $loaded == PASS ]]
