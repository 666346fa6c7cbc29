"""Measures the plan of the speed bench and prints one table; ends with 1 when a goal is missed. benches/speed.sh runs it.

Wall time from the start of a process to its exit, warm, all commands in turns, so that whatever else the machine does falls
on all of them alike.
"""

import json
import pathlib
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
from side_by_side import run  # noqa: E402

RUNS = 20
WARM_UP = 1
#: A command that took longer than this in all is not run again: its median is known well enough.
ENOUGH_MS, FEWEST_RUNS = 10_000, 5
MOST_MEGABYTES = 100


class Command:
    """One program asked one thing."""

    def __init__(self, argv):
        self.argv = argv
        self.times = []
        self.megabytes = 0.0

    def measure(self, keep):
        if len(self.times) >= FEWEST_RUNS and sum(self.times) > ENOUGH_MS:
            return
        # Exit code 1 says that nothing was found; print_row looks at that.
        took, megabytes = run(self.argv, allowed=(0, 1))
        if keep:
            self.times.append(took)
            self.megabytes = max(self.megabytes, megabytes)

    def percentile(self, percent):
        """The nearest-rank percentile of the times."""
        times = sorted(self.times)
        return times[max(0, -(-len(times) * percent // 100) - 1)]


def commands(row, shipnote, work):
    """The programs that take part in a row, by name."""
    found = {}
    if lacks(shipnote[0], row["shipnote"]) is None:
        found["shipnote"] = Command([*shipnote, *row["shipnote"]])
    if row["match"]:
        match = row["match"].replace("'", "''")
        sql = (
            "SELECT change.doc FROM words JOIN change ON change.seq = words.rowid "
            f"WHERE words MATCH '{match}' ORDER BY rank LIMIT 20"
        )
        found["sqlite3"] = Command(["sqlite3", str(work / "equal.db"), sql])
    if row["patterns"] and shutil.which("rg"):
        first, *others = row["patterns"]
        files = str(work / "files")
        # The files with the first pattern are searched for the next one.
        narrow = "".join(f" | xargs -r rg -il --no-messages -- '{pattern}'" for pattern in others)
        found["ripgrep"] = Command(["sh", "-c", f"rg -il --no-messages -- '{first}' '{files}'{narrow}"])
    return found


def lacks(program, arguments):
    """The command or flag that this shipnote does not have, or None."""
    done = subprocess.run([program, arguments[0], "--help"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return arguments[0]
    return "--error" if "--error" in arguments and "--error" not in done.stdout else None


def check_index(shipnote, rare):
    """Ends the bench when words of the records are not found: then the load was quick because it left out the index."""
    for word, count in rare:
        argv = [*shipnote, "search", "--quiet", "--json", "-n", "1000", "--", word]
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        hits = len(json.loads(done.stdout)["hits"]) if done.stdout.strip() else 0
        if hits < count:
            sys.exit(f"error: the index is not complete: {word!r} stands in {count} records, {hits} were found")


def print_row(row, found):
    """One line of the table; whether the goals are met."""
    ours = found.get("shipnote")
    others = [f"{found[name].percentile(50):>9.1f}" if name in found else f"{'-':>9}" for name in ("sqlite3", "ripgrep")]
    if ours is None:
        print(f"{row['name'][:44]:<44} {'-':>8} {'-':>8} {'-':>7} {' '.join(others)} {row['goal']:>6}  left out")
        return True
    # Everything that is asked for is there: finding nothing quickly is no merit.
    found_it = subprocess.run(ours.argv, capture_output=True, check=False).returncode == 0
    met = found_it and ours.percentile(50) <= row["goal"] and ours.megabytes <= MOST_MEGABYTES
    print(
        f"{row['name'][:44]:<44} {ours.percentile(50):>8.1f} {ours.percentile(95):>8.1f} {ours.megabytes:>7.1f} "
        f"{' '.join(others)} {row['goal']:>6}  {'PASS' if met else 'FAIL'}{'' if found_it else ', found nothing'}"
    )
    return met


def main():
    program, database, work = sys.argv[1:]
    work, shipnote = pathlib.Path(work), [program, "--database", database]
    plan = json.loads((work / "plan.json").read_text())
    check_index(shipnote, plan["rare"])
    table = [(row, commands(row, shipnote, work)) for row in plan["rows"]]
    for n in range(-WARM_UP, RUNS):
        for _, found in table:
            for command in found.values():
                command.measure(keep=n >= 0)
    print(f"\nms, {RUNS} runs in turns; goals: p50, and {MOST_MEGABYTES} MB; ripgrep over at most 100,000 of the records")
    print(f"{'':<44} {'shipnote':>8}")
    print(f"{'query':<44} {'p50':>8} {'p95':>8} {'MB':>7} {'sqlite3':>9} {'ripgrep':>9} {'goal':>6}")
    met = [print_row(row, found) for row, found in table]
    if not shutil.which("rg"):
        print("ripgrep is left out: apt-get install ripgrep")
    for row, _ in table:
        missing = lacks(program, row["shipnote"])
        if missing:
            print(f"{row['name'][:44]} is left out: this shipnote has no `{missing}`")
    sys.exit(0 if all(met) else 1)


main()
