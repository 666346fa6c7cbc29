#!/usr/bin/env bash
# `shipnote search` on a PostgreSQL server beside psql running the plain SQL (an equal table, GIN, ts_rank_cd) on the same
# one; and how fast `import json` loads an empty database, beside one INSERT a record. Ends with 1 when a goal is missed.
#
#   benches/postgres.sh [COUNT]           a million when no count is given
#
# The server is made in a temporary folder with the settings Debian gives one, and is gone at the end.
source "$(dirname "$0")/prepare.sh"

count=${1:-1000000}
programs=$(dirname "$(compgen -G '/usr/lib/postgresql/*/bin/initdb' | sort -V | tail -1 || command -v initdb)")
for program in "$programs/initdb" "$(command -v psql || true)"; do
    [[ -x $program ]] || { printf 'error: PostgreSQL is not installed\nhint: apt-get install postgresql\n' >&2; exit 1; }
done

# PostgreSQL refuses to run as root.
as_user=()
server=$(mktemp -d "${BENCH_DIR:-/tmp}/shipnote-pg.XXXXXX")
if ((EUID == 0)); then
    as_user=(setpriv --reuid=postgres --regid=postgres --init-groups)
    chown postgres "$server"
fi
stop() { "${as_user[@]}" "$programs/pg_ctl" -D "$server/data" -m immediate stop >/dev/null 2>&1 || true; rm -rf "$server" "$work"; }
trap stop EXIT
(cd "$server" && "${as_user[@]}" "$programs/initdb" -D data -U shipnote -A trust -E UTF8 --locale=C >/dev/null \
    && "${as_user[@]}" "$programs/pg_ctl" -D data -l log -o "-k $server -c listen_addresses=" -w start >/dev/null)
database="postgres://shipnote@/postgres?host=$server"

"$work/generate" "$count" >"$work/changes.jsonl"
began=${EPOCHREALTIME/[.,]/}
"$shipnote" --database "$database" import json --quiet "$work/changes.jsonl" >/dev/null
ended=${EPOCHREALTIME/[.,]/}
python3 "$repository/benches/speed_data.py" "$work"
python3 "$repository/benches/postgres.py" "$shipnote" "$server" "$work" "$count" "$((ended - began))"
