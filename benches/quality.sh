#!/usr/bin/env bash
# Whether `shipnote search` finds what somebody looks for, beside plain FTS5: known items (three words of a record, some
# mistyped) among the README and CHANGELOG sections of the crates in the cargo registry. Ends with 1 below a goal.
#
#   benches/quality.sh [--worst FILE] [--queries COUNT] [--seed NUMBER]
#
# --worst writes the clean queries whose record came last, with its place.

# Before prepare.sh gives the programs a home folder of their own.
registry=${CARGO_HOME:-$HOME/.cargo}/registry/src
source "$(dirname "$0")/prepare.sh"

[[ -d $registry ]] || { printf 'error: no crates in %s: run cargo fetch first\n' "$registry" >&2; exit 1; }
python3 "$repository/benches/quality.py" --shipnote "$shipnote" --registry "$registry" --work "$work" "$@"
