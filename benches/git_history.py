"""A history for `git fast-import`: commits with merges, renames, reverts and names that are not ASCII. The same seed gives
the same commits. Usage: git_history.py COMMITS"""

import random
import sys

FOLDERS = ["services/orders", "services/billing", "web/ansicht", "docs/größe", "infra/deploy", "lib/日本語"]
VERBS = ["fix", "feat", "perf", "refactor", "docs", "chore"]
NOUNS = ["lookup", "retry", "cache", "cursor", "timeout", "header", "invoice", "migration", "queue", "session"]


def main():
    count = int(sys.argv[1])
    rng = random.Random(7)
    out = sys.stdout.buffer
    files = {f"{folder}/file{n}.py": 0 for folder in FOLDERS for n in range(40)}
    names = sorted(files)
    renamed = 0

    def commit(number, message, changes, merge=None, parent=None):
        out.write(f"commit refs/heads/main\nmark :{number}\n".encode())
        out.write(f"committer Team {number % 17} <team{number % 17}@example.com> {1_500_000_000 + number * 90} +0200\n".encode())
        out.write(f"data {len(message.encode())}\n{message}\n".encode())
        if parent:
            out.write(f"from :{parent}\n".encode())
        if merge:
            out.write(f"merge :{merge}\n".encode())
        for change in changes:
            out.write(change.encode())

    def modify(path, number):
        text = f"{path} {number}\n"
        return f"M 100644 inline {path}\ndata {len(text.encode())}\n{text}\n"

    commit(1, "Add everything", [modify(path, 1) for path in names])
    main_tip, number = 1, 1
    while number < count:
        number += 1
        noun = rng.choice(NOUNS)
        scope = rng.choice(["orders", "billing", "web"])
        body = " ".join(rng.choice(NOUNS) for _ in range(rng.randrange(5, 40)))
        subject = f"{rng.choice(VERBS)}({scope}): {noun} of {rng.choice(NOUNS)} number {number}"
        kind = rng.random()
        chosen = [rng.choice(names) for _ in range(rng.randrange(1, 4))]
        if kind < 0.05 and number + 1 < count:
            # A branch of one commit, and its merge.
            side = number
            commit(side, f"{subject}\n\n{body}\n", [modify(path, side) for path in chosen], parent=main_tip)
            number += 1
            merge = f"Merge pull request #{number} from side\n\n{subject}\n"
            commit(number, merge, [modify(path, side) for path in chosen], merge=side, parent=main_tip)
        elif kind < 0.08:
            renamed += 1
            old = rng.choice(names)
            new = f"{old.rsplit('/', 1)[0]}/umbenannt{renamed}.py"
            names[names.index(old)] = new
            commit(number, f"refactor: rename to {new}\n", [f"R {old} {new}\n"], parent=main_tip)
        elif kind < 0.10:
            text = f'Revert "{subject}"\n\nThis reverts commit {rng.getrandbits(160):040x}.\n'
            commit(number, text, [modify(path, number) for path in chosen], parent=main_tip)
        else:
            commit(number, f"{subject}\n\n{body}\n", [modify(path, number) for path in chosen], parent=main_tip)
        main_tip = number


main()
