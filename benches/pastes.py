"""Errors as records, and as what somebody pastes who met the same one again: elsewhere, at another time, with the log
around it. The templates stand in errors.toml.
"""

import datetime
import hashlib
import re
import tomllib
import uuid

from crate_texts import change_id

PLACE = re.compile(r"\{(line|column|port|pid|hex|uuid|number|octet|time|host|home|tmp|python|node)\}")
#: Where the error was first met, and where it is met again.
RECORDED_IN = ["/home/dev", "/srv/app", "/builds/17/checkout"]
PASTED_FROM = ["/Users/dev", "/opt/releases/20261104", "/workspaces/main", "/app", "/home/ubuntu/src"]
HOSTS = ["api-1.example.net", "ip-10-0-3-77.internal", "edge.eu.example.net", "node-b7.example.net", "10.2.0.14"]
NOISE_LINES = (5, 40)
#: Of a stack trace so many lines stay at least when the rest is cut off.
FEWEST_LINES = 5


class Place:
    """Where and when something ran: what differs between two logs of the same error."""

    def __init__(self, homes, random):
        self.random = random
        self.home = random.choice(homes)
        self.host = random.choice(HOSTS)
        self.python = f"3.{random.randint(9, 14)}"
        self.node = f"{random.randint(18, 24)}.{random.randint(0, 19)}.1"
        self.clock = datetime.datetime(2026, 1, 1) + datetime.timedelta(seconds=random.randrange(320 * 86_400))

    def now(self):
        """The next moment: a log goes on by fractions of a second."""
        self.clock += datetime.timedelta(milliseconds=self.random.randrange(700))
        return self.clock

    def fill(self, template):
        """The template with a value at every place."""
        draw = self.random.randint
        values = {
            "line": lambda: draw(2, 980),
            "column": lambda: draw(3, 70),
            "port": lambda: draw(20_000, 60_999),
            "pid": lambda: draw(300, 65_000),
            "octet": lambda: draw(2, 250),
            "hex": lambda: f"0x{self.random.getrandbits(40):x}",
            "uuid": lambda: str(uuid.UUID(int=self.random.getrandbits(128))),
            "number": lambda: draw(1_000, 99_999),
            "time": lambda: f"{self.now():%Y-%m-%d %H:%M:%S}.{self.clock.microsecond // 1000:03}",
            "host": lambda: self.random.choice(HOSTS),
            "home": lambda: self.home,
            "tmp": lambda: f"/tmp/run-{self.random.getrandbits(32):08x}",
            "python": lambda: self.python,
            "node": lambda: self.node,
        }
        return PLACE.sub(lambda place: str(values[place[1]]()), template)


def errors(path, random):
    """The record and the paste of every error in the file, as pairs; and the records of the lines around them."""
    content = read(path)
    noise = noise_lines(content)
    pairs = [(record(entry, n, random), paste(entry, noise, random)) for n, entry in enumerate(content["error"])]
    written_down = [entry for entry in content["noise"] if "title" in entry]
    return pairs, [record(noise_entry(entry), len(pairs) + n, random) for n, entry in enumerate(written_down)]


def read(path):
    """The file of errors."""
    with open(path, "rb") as file:
        return tomllib.load(file)


def noise_lines(content):
    """The templates of the lines around an error."""
    return [entry["line"] for entry in content["noise"]]


def noise_entry(entry):
    """A line of the log that somebody once looked into, in the form of an error."""
    return {
        "title": entry["title"], "prose": "It stood in the log all day.", "error": entry["line"], "reason": entry["reason"],
        "files": ["deploy/logging.yaml"], "run": "make deploy", "rollback": "git revert --no-edit HEAD",
        "service": "operations", "language": "log",
    }


def record(entry, n, random):
    """What was written down when the error was first met."""
    error = Place(RECORDED_IN, random).fill(entry["error"]).strip()
    at = f"2026-{1 + n % 10:02}-{1 + n % 28:02}T09:30:00Z"
    return {
        "id": change_id(hashlib.sha256(f"error {entry['title']}".encode()).hexdigest()),
        "title": entry["title"], "kind": "fix", "reason": entry["reason"], "files": entry["files"],
        "baseline": {"symptom": f"{entry['prose']}\n\n```text\n{error}\n```"},
        "commands": [{"run": entry["run"]}], "rollback": {"command": entry["rollback"]}, "service": entry["service"],
        "tags": [entry["language"]], "shipped_at": at, "created_at": at,
        "source": {"kind": "bench-error", "key": str(n)},
    }


def paste(entry, noise, random):
    """The same error in another log: with other values, and sometimes cut off."""
    place = Place(PASTED_FROM, random)
    lines = place.fill(entry["error"]).strip("\n").split("\n")
    if random.random() < 0.35:
        lines = cut(lines, entry["language"], random)
    return in_a_log(lines, noise, place, random)


def in_a_log(lines, noise, place, random):
    """The lines of an error as they stand in a log: among others, prefixed, perhaps coloured."""
    lines = among_noise(lines, noise, place, random)
    prefix = random.choice(PREFIXES)
    lines = [prefix(place) + line for line in lines]
    if random.random() < 0.4:
        lines = [coloured(line) for line in lines]
    return "\n".join(lines) + "\n"


def cut(lines, language, random):
    """Without some frames, where a scrolled-off terminal ends: Python says what went wrong last, the others first."""
    spare = len(lines) - FEWEST_LINES
    if spare <= 0:
        return lines
    count = random.randint(1, spare)
    return lines[count:] if language == "python" else lines[:-count]


def among_noise(lines, noise, place, random):
    """The lines in their order with unrelated ones before, behind and, fewer, between them."""
    around = [place.fill(random.choice(noise)) for _ in range(random.randint(*NOISE_LINES))]
    between = random.randint(0, min(4, len(around)))
    before = random.randint(0, len(around) - between)
    mixed = list(lines)
    for line in around[:between]:
        mixed.insert(random.randint(0, len(mixed)), line)
    return around[between : between + before] + mixed + around[between + before :]


#: What the program that collects the log writes before each line: nothing, Compose, the journal, Kubernetes.
PREFIXES = [
    lambda place: "",
    lambda place: "web-1  | ",
    lambda place: f"{place.now():%b %d %H:%M:%S} {place.host.split('.')[0]} run.sh[{2_000 + len(place.home)}]: ",
    lambda place: f"{place.now().isoformat()}Z stderr F ",
]
COLOURS = {"INFO": 32, "DEBUG": 36, "WARN": 33, "warning": 33, "ERROR": 31, "error": 31, "Error": 31, "panicked": 31}
LEVELS = re.compile(r"\b(" + "|".join(COLOURS) + r")\b")


def coloured(line):
    """The line as a terminal got it: levels and failures in colour."""
    return LEVELS.sub(lambda level: f"\x1b[1;{COLOURS[level[1]]}m{level[1]}\x1b[0m", line)
