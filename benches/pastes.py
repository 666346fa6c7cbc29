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
PASTED_FROM = ["/Users/sam", "/opt/releases/20261104", "/workspaces/main", "/app", "/home/ubuntu/src"]
HOSTS = ["api-1.example.net", "ip-10-0-3-77.internal", "edge.eu.example.net", "node-b7.example.net", "10.2.0.14"]
#: What stands around an error in a log, and has nothing to do with it.
NOISE = [
    '10.0.{octet}.4 - - "GET /health HTTP/1.1" 200 {number}',
    '10.0.{octet}.9 - - "GET /static/app.{number}.js HTTP/1.1" 304 0 "https://shop.example.com/" "Mozilla/5.0"',
    '10.0.{octet}.9 - - "POST /api/session HTTP/1.1" 201 {number}',
    "INFO  request finished method=GET path=/products status=200 duration={number}ms trace={uuid}",
    "INFO  request finished method=GET path=/orders/{number} status=200 duration={number}ms trace={uuid}",
    "INFO  worker {pid} took job {uuid} from queue mail",
    "INFO  job {uuid} done in {number} ms",
    "INFO  connected to {host}:{port}",
    "INFO  scheduled backup starts in {number} s",
    "INFO  reloaded settings from {home}/settings.toml",
    "DEBUG cache hit key=product:{number} ttl={number}",
    "DEBUG cache miss key=session:{uuid}",
    "DEBUG SELECT id, name FROM products WHERE id = {number} [{number} ms]",
    "DEBUG pool size=10 idle={number} waiting=0",
    "DEBUG heartbeat from {host} seq={number}",
    "WARN  slow request path=/search duration={number}ms",
    "WARN  retrying call to {host} (attempt 2 of 5)",
    "WARN  clock differs from {host} by {number} ms",
    "WARN  {home}/app/settings.py:{line}: DeprecationWarning: option 'compat' goes away in the next release",
    "warning: 3 packages look for funding, run `npm fund` for details",
    "level=info ts={time} msg=\"scrape finished\" target={host}:{port} samples={number}",
    "level=warn ts={time} msg=\"certificate ends soon\" days={number}",
    "[notice] {pid}#{pid}: signal 1 (SIGHUP) received, reconfiguring",
    "GC(14) Pause Young (Normal) {number}M->{number}M {number}.2ms",
]
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
    """The record and the paste of every error in the file, as pairs."""
    with open(path, "rb") as file:
        entries = tomllib.load(file)["error"]
    return [(record(entry, n, random), paste(entry, random)) for n, entry in enumerate(entries)]


def record(entry, n, random):
    """What was written down when the error was first met."""
    at = f"2026-{1 + n % 10:02}-{1 + n % 28:02}T09:30:00Z"
    return {
        "id": change_id(hashlib.sha256(f"error {entry['title']}".encode()).hexdigest()),
        "title": entry["title"], "kind": "fix", "reason": entry["reason"], "files": entry["files"],
        "baseline": {"symptom": f"{entry['prose']}\n\n```text\n{Place(RECORDED_IN, random).fill(entry['error']).strip()}\n```"},
        "commands": [{"run": entry["run"]}], "rollback": {"command": entry["rollback"]}, "service": entry["service"],
        "tags": [entry["language"]], "shipped_at": at, "created_at": at,
        "source": {"kind": "bench-error", "key": str(n)},
    }


def paste(entry, random):
    """The same error in another log: other values, sometimes cut off, with lines between and around, prefixed, coloured."""
    place = Place(PASTED_FROM, random)
    lines = place.fill(entry["error"]).strip("\n").split("\n")
    if random.random() < 0.35:
        lines = cut(lines, entry["language"], random)
    lines = among_noise(lines, place, random)
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


def among_noise(lines, place, random):
    """The lines in their order with unrelated ones before, behind and, fewer, between them."""
    noise = [place.fill(random.choice(NOISE)) for _ in range(random.randint(*NOISE_LINES))]
    between = random.randint(0, min(4, len(noise)))
    before = random.randint(0, len(noise) - between)
    mixed = list(lines)
    for line in noise[:between]:
        mixed.insert(random.randint(0, len(mixed)), line)
    return noise[between : between + before] + mixed + noise[between + before :]


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
