#!/usr/bin/env bash
# Fills corpus/TARGET with real text. What is there stays.
set -euo pipefail
cd "$(dirname "$0")"
root=$(cd ../.. && pwd)
most=8192

# put TARGET FILE…: a copy of the beginning of each.
put() {
    local target=$1 file
    shift
    mkdir -p "corpus/$target"
    for file in "$@"; do
        head -c "$most" "$file" >"corpus/$target/$(head -c "$most" "$file" | sha256sum | cut -c1-16)"
    done
}
# Each line of the input as a file of its own.
lines() {
    local target=$1 line
    mkdir -p "corpus/$target"
    while IFS= read -r line; do
        printf '%s' "$line" >"corpus/$target/$(printf '%s' "$line" | sha256sum | cut -c1-16)"
    done
}

for target in query json form line runbook checklist front_matter git_log changelog redact markup error; do
    mkdir -p "corpus/$target"
    [[ -d regressions/$target ]] && put "$target" "regressions/$target"/*
done
shopt -s nullglob
for file in ~/.cargo/registry/src/*/*/{CHANGELOG,README}.md; do
    put markup "$file"
    case $file in
        */CHANGELOG.md) put changelog "$file" ;;
        */README.md) put runbook "$file" ;;
    esac
done
put markup "$root"/*.md "$root"/docs/*.md
put runbook "$root"/data/runbooks/*
put front_matter "$root"/data/runbooks/* ~/.cargo/registry/src/*/*/*.{yml,yaml} ~/.cargo/registry/src/*/*/.github/*.yml
put checklist "$root"/data/checklists/*
put form "$root"/tests/fixtures/change.md
put json "$root"/data/demo/* "$root"/tests/fixtures/change.json "$root"/tests/browser/hostile.jsonl
put redact "$root"/tests/fixtures/secrets.toml
grep -ohE '^    ".*",$' "$root"/tests/fixtures/secrets.toml | sed 's/^    "//; s/",$//' | lines redact
git -C "$root" log -z --name-only --no-renames --format='/%H%x00%aN%x00%cI%x00%B' | head -c 200000 | split -b "$most" - corpus/git_log/history-
git -C "$root" log --format=%s | head -200 | lines query
sed -n 's/^        ("\(.*\)", ".*"),$/\1/p' "$root"/src/query/parse/tests.rs | lines query
sed -n 's/.*"\([^"]* => [^"]*\)".*/\1/p' "$root"/src/model/check_text/*.rs "$root"/README.md | lines line
cargo --list | lines line
find ~/.cargo/registry/src -path '*/tests/ui/*.stderr' -size -8k 2>/dev/null | head -300 | while IFS= read -r file; do put error "$file"; done
cat "$root"/tests/error_text.rs | split -b 2000 - corpus/error/sample-
du -sh corpus/*
