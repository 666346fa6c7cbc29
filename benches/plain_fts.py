"""What anybody gets from SQLite in ten lines: one FTS5 table of four columns, bm25 without weights. The quality bench
shows shipnote beside it.
"""

import re
import sqlite3

#: Words of a paste that are asked for; more make FTS5 slow, not better.
MOST_WORDS = 200


class PlainFts:
    """The records in a full-text table in memory."""

    def __init__(self, changes):
        self.ids = []
        self.connection = sqlite3.connect(":memory:")
        self.connection.execute(
            "CREATE VIRTUAL TABLE words USING fts5(title, body, commands, files, tokenize = 'porter unicode61')"
        )
        for change in changes:
            self.ids.append(change["id"])
            body = "\n".join([change.get("reason", ""), change.get("baseline", {}).get("symptom", "")])
            commands = "\n".join(command["run"] for command in change.get("commands", []))
            row = (len(self.ids) - 1, change["title"], body, commands, "\n".join(change.get("files", [])))
            self.connection.execute("INSERT INTO words (rowid, title, body, commands, files) VALUES (?, ?, ?, ?, ?)", row)

    def all_of(self, text, limit):
        """Ids of the records with all words of `text`, best first."""
        return self._match(" ".join(f'"{word}"' for word in text.split()), limit)

    def any_of(self, text, limit):
        """Ids of the records with any of the first words of `text`, best first."""
        words = list(dict.fromkeys(re.findall(r"\w+", text.lower())))[:MOST_WORDS]
        return self._match(" OR ".join(f'"{word}"' for word in words), limit)

    def _match(self, expression, limit):
        rows = self.connection.execute(
            "SELECT rowid FROM words WHERE words MATCH ? ORDER BY rank LIMIT ?", (expression, limit)
        )
        return [self.ids[rowid] for (rowid,) in rows]
