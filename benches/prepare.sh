# Sourced by the other scripts: a release build, the generator, and a folder for the data that goes away at the end.
# Set BENCH_DIR to put the data elsewhere (it must be on the disk that is to be measured), SHIPNOTE to measure a program
# that is built already.
set -euo pipefail
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
side_by_side=("python3" "$repository/benches/side_by_side.py")

for command in cargo python3 sqlite3; do
    command -v "$command" >/dev/null || { printf 'error: %s is not installed\n' "$command" >&2; exit 1; }
done

if [[ -n ${SHIPNOTE:-} ]]; then
    shipnote=$(realpath "$SHIPNOTE")
else
    (cd "$repository" && cargo build --release --quiet)
    target=$(cd "$repository" && cargo metadata --format-version 1 --no-deps \
        | python3 -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')
    shipnote=$target/release/shipnote
fi
work=$(mktemp -d "${BENCH_DIR:-${TMPDIR:-/tmp}}/shipnote-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT
# Compiled with plain rustc: it has no dependencies, and a build with cargo would make those of the tests too.
rustc --edition 2024 -O -o "$work/generate" "$repository/benches/generate.rs"
# No configuration of the user's takes part.
export HOME=$work XDG_CONFIG_HOME=$work/config CI=1 NO_COLOR=1

# A database with COUNT records: $work/project/.shipnote/shipnote.db, the records in $work/changes.jsonl.
records() {
    "$work/generate" "$1" >"$work/changes.jsonl"
    "$shipnote" init "$work/project" >/dev/null 2>&1
    database=$work/project/.shipnote/shipnote.db
    "$shipnote" --database "$database" import json "$work/changes.jsonl" >/dev/null
}
