"""The data of the speed bench: an equal table for the sqlite3 shell, some of the records as files for ripgrep, and the plan
of what to ask, its words chosen by counting. benches/speed.sh runs it; speed.py measures.

A process of its own, since the peak memory of a child is never below that of its parent.
"""

import collections
import itertools
import json
import pathlib
import random
import re
import sqlite3
import sys

sys.dont_write_bytecode = True
import pastes  # noqa: E402

SEED = 20
AS_FILES = 100_000
FILES_IN_A_FOLDER = 1_000
#: Pairs of neighbours are counted in so many records; there are too many to count in all.
PAIRS_COUNTED = 20_000
#: Places in the list of words by how often they come: in about a quarter and a seventh of the records.
TWO_WORDS = (20, 40)
PREFIX_OF = 60
RARE = 5
RARE_WORDS = 20
ERRORS = pathlib.Path(__file__).with_name("errors.toml")

SCHEMA = """
    PRAGMA journal_mode = WAL;
    CREATE TABLE change (seq INTEGER PRIMARY KEY, title TEXT NOT NULL, shipped_at TEXT, doc TEXT NOT NULL);
    CREATE VIRTUAL TABLE words USING fts5(
        title, reason, error, command, file, context, content = '', tokenize = 'porter unicode61'
    );
"""


class Counts:
    """What stands in the records, and how often."""

    def __init__(self):
        self.words, self.pairs, self.files = collections.Counter(), collections.Counter(), collections.Counter()
        self.symptom = ""

    def add(self, n, change):
        sentences = [re.findall(r"[a-z]+", sentence.lower()) for sentence in change["reason"].split(".")]
        self.words.update({word for sentence in sentences for word in sentence})
        self.files.update(change["files"])
        if n < PAIRS_COUNTED:
            self.pairs.update(pair for sentence in sentences for pair in itertools.pairwise(sentence))
        symptom = change["baseline"]["symptom"]
        # A line that names a class, as most errors that are pasted do; the last of the first thousand.
        if n < 1_000 and "ReadTimeout" in symptom:
            self.symptom = symptom.replace("```text\n", "").replace("\n```", "")


def load(changes, equal, files):
    """Fills the table and writes the files; returns the counts."""
    connection = sqlite3.connect(equal)
    connection.executescript(SCHEMA)
    counts = Counts()
    with open(changes) as lines:
        for n, line in enumerate(lines):
            change = json.loads(line)
            counts.add(n, change)
            texts = field_texts(change)
            connection.execute("INSERT INTO change VALUES (?, ?, ?, ?)", (n, change["title"], change["shipped_at"], line))
            connection.execute(
                "INSERT INTO words (rowid, title, reason, error, command, file, context) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (n, *texts),
            )
            if n < AS_FILES:
                folder = files / str(n // FILES_IN_A_FOLDER)
                folder.mkdir(parents=True, exist_ok=True)
                (folder / f"{n}.md").write_text("\n\n".join(texts) + "\n")
    connection.commit()
    connection.close()
    return counts


def field_texts(change):
    """The searched fields of a record, as the weights know them."""
    baseline = change["baseline"]
    return [
        change["title"],
        change["reason"] + "\n" + change["expected"],
        "\n".join([baseline["symptom"], baseline["route"], baseline["location"]]),
        "\n".join(command["run"] for command in change["commands"]),
        "\n".join(change["files"]),
        " ".join([change["owner"], change["service"], *change["tags"]]),
    ]


def rare_words(words):
    """Words that stand in few records, with their counts: RARE of them where there are such, made-up ones, in order."""
    by_rarity = sorted(words.items(), key=lambda item: (abs(item[1] - RARE), item[0]))
    return [(word, count) for word, count in by_rarity if len(word) > 8][:RARE_WORDS]


def paste(counts):
    """The symptom of one of the records with other numbers in it, and a log around it."""
    chance = random.Random(SEED)
    other_numbers = re.sub(r"\d+", lambda number: str(int(number[0]) + chance.randint(1, 9)), counts.symptom)
    noise = pastes.noise_lines(pastes.read(ERRORS))
    return pastes.in_a_log(other_numbers.split("\n"), noise, pastes.Place(pastes.PASTED_FROM, chance), chance)


def plan(counts, work):
    """What is asked: for shipnote, for the shell as an FTS5 expression, for ripgrep as a pattern or several."""
    ranked = [word for word, _ in sorted(counts.words.items(), key=lambda item: (-item[1], item[0])) if len(word) > 3]
    common, prefix = max(sorted(counts.words), key=counts.words.get), ranked[PREFIX_OF][:3]
    rare = rare_words(counts.words)
    two = [ranked[place] for place in TWO_WORDS]
    pair = max(
        sorted(pair for pair in counts.pairs if pair[0] != pair[1] and common not in pair), key=counts.pairs.get
    )
    phrase = f'"{" ".join(pair)}"'
    pasted = work / "paste.txt"
    pasted.write_text(paste(counts))
    any_word = list(dict.fromkeys(re.findall(r"\w+", pasted.read_text().lower())))[:200]
    path = max(sorted(counts.files), key=counts.files.get)
    search = ["search", "--quiet", "-n", "20"]

    def row(name, shipnote, match=None, patterns=None, goal=50):
        return {"name": name, "shipnote": shipnote, "match": match, "patterns": patterns, "goal": goal}

    return {
        "rare": rare,
        "rows": [
            row(f"rare word: {rare[0][0]}", [*search, "--", rare[0][0]], f'"{rare[0][0]}"', [rf"\b{rare[0][0]}\b"]),
            row(f"two words: {' '.join(two)}", [*search, "--", *two], " ".join(two), [rf"\b{word}\b" for word in two]),
            row(f"phrase: {phrase}", [*search, "--", phrase], phrase, [" ".join(pair)]),
            row(f"prefix: {prefix}*", [*search, "--", f"{prefix}*"], f"{prefix}*", [rf"\b{prefix}"]),
            row(f"most common word: {common}", [*search, "--", common], f'"{common}"', [rf"\b{common}\b"], goal=80),
            row("error paste", [*search, "--error", str(pasted)], " OR ".join(f'"{word}"' for word in any_word)),
            row("list -n 20", ["list", "--quiet", "-n", "20"], goal=20),
            row(f"why {path}", ["why", "--quiet", path], goal=20),
        ],
    }


def main():
    work = pathlib.Path(sys.argv[1])
    counts = load(work / "changes.jsonl", work / "equal.db", work / "files")
    (work / "plan.json").write_text(json.dumps(plan(counts, work), indent=1))


main()
