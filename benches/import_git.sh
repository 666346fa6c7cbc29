#!/usr/bin/env bash
# `shipnote import git` of a generated history beside `git log --raw` printing it: 5 runs each, in turns. At most 2.5 times
# as long is what we want for the first import, and 0.3 s for one that finds nothing new. Usage: import_git.sh [COMMITS]
source "$(dirname "$0")/prepare.sh"

git init --quiet --bare "$work/repository"
python3 "$repository/benches/git_history.py" "${1:-50000}" | git -C "$work/repository" fast-import --quiet
git -C "$work/repository" symbolic-ref HEAD refs/heads/main
git clone --quiet "$work/repository" "$work/clone"
cd "$work/clone"
"$shipnote" --database "$work/again.db" import git
python3 - "$shipnote" "$work" <<'PYTHON' >"$work/plan.json"
import json, sys

shipnote, work = sys.argv[1:]
commands = [
    {"name": "import git", "argv": [shipnote, "--database", f"{work}/{{n}}.db", "import", "git"], "most": 2.5},
    {"name": "import git, nothing new", "argv": [shipnote, "--database", f"{work}/again.db", "import", "git"]},
    {"name": "git log --raw", "argv": ["git", "log", "--raw"]},
]
print(json.dumps({"runs": 5, "warm_up": 1, "commands": commands}))
PYTHON
"${side_by_side[@]}" <"$work/plan.json"
printf '%s records of %s commits that are no merges\n' \
    "$("$shipnote" --database "$work/again.db" export json | wc -l)" "$(git rev-list --count --no-merges HEAD)"
