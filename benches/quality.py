"""Whether search finds what somebody looks for, beside plain FTS5 on the same records. benches/quality.sh runs it.

Known items: three words of a record, the mean reciprocal rank of that record in the first ten. Errors: an error with the
log around it as it is pasted, the share for which the record of its fix comes first.
"""

import argparse
import hashlib
import json
import pathlib
import random
import subprocess
import sys

sys.dont_write_bytecode = True
import crate_texts  # noqa: E402
import known_items  # noqa: E402
import pastes  # noqa: E402
from plain_fts import PlainFts  # noqa: E402

SEED = 20
LIMIT = 10
#: How far down the place of a target is looked for that was not among the first.
DEEP = 200
WORST = 10
GOAL_KNOWN_ITEMS = 0.85
GOAL_ERRORS = 0.95
#: A hit counts as near when it is among so many.
NEAR = 3
ERRORS = pathlib.Path(__file__).with_name("errors.toml")


class Shipnote:
    """The command line of shipnote on a database of its own."""

    def __init__(self, binary, folder):
        self.binary = binary
        self.database = folder / "quality.db"

    def load(self, changes, folder):
        """Imports the records."""
        file = folder / "changes.jsonl"
        with file.open("w") as out:
            out.writelines(json.dumps(change) + "\n" for change in changes)
        self._run(["import", "json", str(file)])

    def search(self, arguments, limit):
        """Ids of what `search` finds, best first."""
        text = self._run(["search", "--quiet", "--json", "-n", str(limit), *arguments])
        return [hit["id"] for hit in json.loads(text)["hits"]] if text.strip() else []

    def can(self, command, flag):
        """Whether the command knows a flag."""
        return flag in self._run([command, "--help"])

    def _run(self, arguments):
        argv = [self.binary, "--database", str(self.database), *arguments]
        # Exit code 1 says that nothing was found.
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        if done.returncode not in (0, 1):
            sys.exit(f"error: exit {done.returncode}: {' '.join(argv)}\n{done.stderr}")
        return done.stdout


def rank(ids, target):
    """The place of the target in `ids` from 1, or None."""
    return ids.index(target) + 1 if target in ids else None


def reciprocal(ranks):
    """The mean of 1 / rank, 0 for what is not there."""
    return sum(1 / place for place in ranks if place) / max(len(ranks), 1)


def digest(changes):
    """A short hash of what was searched."""
    return hashlib.sha256("".join(change["id"] for change in changes).encode()).hexdigest()[:8]


def known_item_report(shipnote, plain, changes, sections, options):
    """Prints the table of the known items; whether the goal is met."""
    asked = known_items.queries(sections, options.queries, random.Random(options.seed))
    results = []
    for text, target, typo in asked:
        ours = shipnote.search(["--", *text.split()], LIMIT)
        results.append((text, target, typo, rank(ours, target["id"]), rank(plain.all_of(text, LIMIT), target["id"])))
    words = known_items.WORDS_PER_QUERY
    print(f"known items: {len(asked)} queries of {words} words, mean reciprocal rank in the first {LIMIT}")
    print(f"{'':<12} {'queries':>8} {'shipnote':>9} {'plain FTS5':>11}")
    rows = {
        "all": results,
        "clean": [result for result in results if not result[2]],
        "with typo": [result for result in results if result[2]],
    }
    for name, part in rows.items():
        ours, theirs = reciprocal([result[3] for result in part]), reciprocal([result[4] for result in part])
        print(f"{name:<12} {len(part):>8} {ours:>9.3f} {theirs:>11.3f}")
    if options.worst:
        write_worst(shipnote, changes, rows["clean"], options.worst)
    return verdict("mean reciprocal rank, all", reciprocal([result[3] for result in results]), GOAL_KNOWN_ITEMS)


def error_report(shipnote, plain, errors, options):
    """Prints the table of the errors, and which were not found first; whether the goal is met."""
    folder = options.pastes or options.work / "pastes"
    folder.mkdir(parents=True, exist_ok=True)
    able = shipnote.can("search", "--error")
    places, theirs = [], []
    for n, (record, text) in enumerate(errors):
        file = folder / f"{n:02}.txt"
        file.write_text(text)
        places.append(rank(shipnote.search(["--error", str(file)], LIMIT) if able else [], record["id"]))
        theirs.append(rank(plain.any_of(text, LIMIT), record["id"]))
    print(f"errors: {len(errors)} pastes, the share whose record comes first and within {NEAR}")
    print(f"{'':<12} {'first':>8} {f'within {NEAR}':>9}")
    if able:
        print(f"{'shipnote':<12} {share(places, 1):>8.0%} {share(places, NEAR):>9.0%}")
    print(f"{'plain FTS5':<12} {share(theirs, 1):>8.0%} {share(theirs, NEAR):>9.0%}")
    if not able:
        print("shipnote is left out: it has no `search --error`\n")
        return False
    for n, (record, _) in enumerate(errors):
        if places[n] != 1:
            print(f"  {n:02}.txt not first but {places[n] or 'beyond'}: {record['tags'][0]}, {record['title']}")
    return verdict("errors that come first", share(places, 1), GOAL_ERRORS)


def share(places, most):
    """The share of the places that are `most` or better."""
    return sum(place is not None and place <= most for place in places) / len(places)


def write_worst(shipnote, changes, results, path):
    """Writes the clean queries whose target came last, with its place and what came before it."""
    titles = {change["id"]: f"{change['title']} [{change['service']}]" for change in changes}
    worst = sorted(results, key=lambda result: -(result[3] or LIMIT + 1))[:WORST]
    with open(path, "w") as out:
        for text, target, _, place, plain_place in worst:
            ids = shipnote.search(["--", *text.split()], DEEP)
            out.write(f"query: {text}\n  target: {target['id']} {titles[target['id']]}\n")
            place = place or rank(ids, target["id"]) or f"not in {len(ids)}"
            out.write(f"  place: {place}; plain FTS5: {plain_place or '-'}\n")
            for n, found in enumerate(ids[:3], 1):
                out.write(f"  {n}. {found} {titles.get(found, '?')}\n")
    print(f"the {len(worst)} worst clean queries: {path}")


def verdict(name, value, goal):
    """Prints a goal beside what came out; whether it is met."""
    met = value >= goal
    print(f"{name}: {value:.3f}, goal {goal}: {'PASS' if met else 'FAIL'}\n")
    return met


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shipnote", required=True, help="the program")
    parser.add_argument("--registry", required=True, help="sources of the cargo registry")
    parser.add_argument("--work", required=True, type=pathlib.Path, help="a folder for the data")
    parser.add_argument("--queries", type=int, default=400)
    parser.add_argument("--records", type=int, default=crate_texts.MOST_RECORDS, help="of real text, at most")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--worst", help="a file for the worst clean queries")
    parser.add_argument("--pastes", type=pathlib.Path, help="a folder to keep the pasted errors in")
    options = parser.parse_args()
    sections = crate_texts.changes(options.registry)
    errors, around = pastes.errors(ERRORS, random.Random(options.seed))
    filling = crate_texts.filling(options.registry, max(0, options.records - len(sections)))
    changes = sections + filling + [record for record, _ in errors] + around
    # Numbers of two runs compare only when this line says the same.
    print(f"{len(sections)} sections, {len(filling)} comments, {len(errors) + len(around)} errors: {digest(changes)}\n")
    shipnote, plain = Shipnote(options.shipnote, options.work), PlainFts(changes)
    shipnote.load(changes, options.work)
    met = [
        known_item_report(shipnote, plain, changes, sections, options),
        error_report(shipnote, plain, errors, options),
    ]
    sys.exit(0 if all(met) else 1)


main()
