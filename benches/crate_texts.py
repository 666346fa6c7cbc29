"""Real text for the quality bench: the README and CHANGELOG files of the crates in the cargo registry as changes, one a
section, and documentation comments to fill up. Sorted and keyed by content, so the same registry makes the same records
and importing them again adds none.
"""

import datetime
import hashlib
import os
import pathlib
import re

MOST_RECORDS = 20_000
#: Characters of a body that are kept, in whole paragraphs or lines: what a person would have written.
MOST_BODY = 1_500
MOST_CODE = 3
#: The first sentence of a documentation comment is a title up to that length.
MOST_HEADING = 160

HEADING = re.compile(r"^ {0,3}(#{1,6})\s+(.*?)\s*#*\s*$")
UNDERLINE = re.compile(r"^ {0,3}(=+|-{3,})\s*$")
COMMENT = re.compile(r"(?:^[ \t]*///(?!/).*\n){3,}", re.MULTILINE)
FENCE = re.compile(r"^\s*(`{3,}|~{3,})\s*([\w+-]*)")
#: `1.2.3`, `[v1.2.3](…) - 2026-01-02`, `Version 1.2.3 (2026-01-02)`, `Unreleased`.
VERSION = re.compile(r"^(?:version|release)?\s*\[?v?\d+\.\d+[\w.+-]*\]?\b|^\[?(?:unreleased|next)\b", re.IGNORECASE)
VERSION_NUMBER = re.compile(r"\d+\.\d+[\w.+-]*")
DATE = re.compile(r"\b(20\d\d)[-/](0[1-9]|1[0-2])[-/](0[1-9]|[12]\d|3[01])\b")
ERROR = re.compile(r"\berror(\[|:)|\bpanicked at\b|\bException\b|\bTraceback\b|\bFAILED\b|\bfatal:|\bfailed to\b")
LINK_DEFINITION = re.compile(r"^\s*\[[^\]]+\]:\s+\S+.*$")
BADGE = re.compile(r"\[?!\[[^\]]*\](\([^)]*\)|\[[^\]]*\])\]?(\([^)]*\)|\[[^\]]*\])?")
HTML = re.compile(r"<!--.*?-->|</?[a-zA-Z][^<>]*>", re.DOTALL)
CRATE_FOLDER = re.compile(r"^(.*?)-(\d+\.\d+\.\d+.*)$")


def changes(registry):
    """The sections of `registry` as records, sorted; no two with the same title and body, at most MOST_RECORDS."""
    found = {}
    for crate, path, text in markdown_files(pathlib.Path(registry)):
        for section in sections(text):
            record = change(crate, path, section)
            if record is not None:
                found.setdefault((record["title"], record["reason"]), record)
    return [found[key] for key in sorted(found)[:MOST_RECORDS]]


def filling(registry, count):
    """Up to `count` records made of documentation comments: a few thousand sections are not many to get lost among."""
    found = {}
    for crate, path, text in files(pathlib.Path(registry), r".*\.rs"):
        for comment in COMMENT.findall(text):
            section = commented(re.sub(r"^[ \t]*/// ?", "", comment, flags=re.MULTILINE))
            record = section and change(crate, path, section)
            if record:
                found.setdefault(record["id"], record)
    # By the hash, so that all crates have their share.
    return [found[key] for key in sorted(found)[:count]]


def commented(text):
    """A documentation comment as a section: what it says first is the heading. Nothing when it says no more."""
    first, _, rest = text.partition("\n\n")
    if not rest.strip() or len(first) > MOST_HEADING or "`" * 3 in first:
        return None
    section = {"heading": first, "above": [], "paragraphs": [], "code": []}
    for kind, _, content in blocks(rest.splitlines()):
        section["code" if kind == "code" else "paragraphs"].append(content)
    return section


def markdown_files(registry):
    """Crate, path inside the crate, and text of every README and CHANGELOG, in order."""
    return files(registry, r"(readme|changelog).*\.(md|markdown)")


def files(registry, pattern):
    """Crate, path inside the crate, and text of every file of that name, in order."""
    for folder in sorted(registry.glob("*/*/"), key=lambda folder: folder.name):
        name = CRATE_FOLDER.match(folder.name)
        if name is None:
            continue
        for root, folders, names in os.walk(folder):
            folders.sort()
            for file in sorted(names):
                if re.fullmatch(pattern, file, re.IGNORECASE):
                    path = pathlib.Path(root, file)
                    # A handful of files in other encodings; their words still count.
                    text = path.read_text(encoding="utf-8", errors="replace").replace("\0", "")
                    yield name[1], path.relative_to(folder).as_posix(), text


def sections(text):
    """The sections of a Markdown text: heading, the headings above it, paragraphs, and fenced code with its language."""
    text = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
    above, section = [], None
    for kind, level, content in blocks(text.splitlines()):
        if kind == "heading":
            if section is not None:
                yield section
            above = [(depth, title) for depth, title in above if depth < level]
            section = {"heading": content, "above": [title for _, title in above], "paragraphs": [], "code": []}
            above.append((level, content))
        elif section is not None:
            section["paragraphs" if kind == "paragraph" else "code"].append(content)
    if section is not None:
        yield section


def blocks(lines):
    """Yields ("heading", level, text), ("paragraph", 0, text) and ("code", 0, (language, text))."""
    paragraph, at = [], 0
    while at < len(lines):
        line = lines[at]
        at += 1
        fence, heading, underline = FENCE.match(line), HEADING.match(line), UNDERLINE.match(line)
        if fence:
            end = at
            while end < len(lines) and not lines[end].strip().startswith(fence[1]):
                end += 1
            if paragraph:
                yield "paragraph", 0, "\n".join(paragraph)
                paragraph = []
            yield "code", 0, (fence[2].lower(), "\n".join(lines[at:end]))
            at = end + 1
        elif underline and len(paragraph) == 1 and not paragraph[0].lstrip().startswith(("-", "*", "|")):
            yield "heading", 1 if underline[1][0] == "=" else 2, paragraph.pop()
        elif heading or not line.strip():
            if paragraph:
                yield "paragraph", 0, "\n".join(paragraph)
                paragraph = []
            if heading:
                yield "heading", len(heading[1]), heading[2]
        elif not LINK_DEFINITION.match(line):
            paragraph.append(line.rstrip())
    if paragraph:
        yield "paragraph", 0, "\n".join(paragraph)


def plain(markdown):
    """A heading as one line without marks."""
    text = HTML.sub("", BADGE.sub("", markdown))
    text = re.sub(r"\[([^\]]*)\](\([^)]*\)|\[[^\]]*\])", r"\1", text)
    text = re.sub(r"[`*\[\]\\]|(?<!\w)_+|_+(?!\w)", "", text)
    return " ".join(text.split())[:300]


def body(paragraphs):
    """The first paragraphs, up to MOST_BODY characters; of a long list its first lines."""
    kept, room = [], MOST_BODY
    for paragraph in paragraphs:
        text = HTML.sub("", BADGE.sub("", paragraph)).strip()
        if not text:
            continue
        if len(text) > room:
            if not kept:
                kept.append(text[:room].rsplit("\n" if "\n" in text[:room] else " ", 1)[0])
            break
        kept.append(text)
        room -= len(text)
    return "\n\n".join(kept)


def title(crate, section):
    """The heading; under a version, which says nothing alone, with the crate and the version before it."""
    heading = plain(section["heading"])
    if VERSION.match(heading):
        return f"{crate} {heading}"
    version = next((plain(above) for above in reversed(section["above"]) if VERSION.match(plain(above))), None)
    if version is None:
        return heading
    number = VERSION_NUMBER.search(version)
    return f"{crate} {number[0] if number else version}: {heading}"


def day(crate, section, digest):
    """The date of the version the section belongs to, else one that hangs on the content, within four years."""
    for heading in [section["heading"], *reversed(section["above"])]:
        found = DATE.search(heading)
        if found and is_date(found):
            return f"{found[1]}-{found[2]}-{found[3]}"
    number = int(digest[:6], 16)
    return f"{2022 + number % 4}-{1 + number // 4 % 12:02}-{1 + number // 48 % 28:02}"


def is_date(found):
    """Whether there is such a day: change logs are written by hand."""
    try:
        return datetime.date(int(found[1]), int(found[2]), int(found[3])) is not None
    except ValueError:
        return False


def change(crate, path, section):
    """The section as a change, or nothing when it has no words of its own."""
    heading, reason = title(crate, section), body(section["paragraphs"])
    if not heading or (not reason and not section["code"]):
        return None
    commands, symptoms = [], []
    for language, code in section["code"][:MOST_CODE]:
        code = code.strip("\n")[:MOST_BODY]
        if ERROR.search(code) and language in ("", "text", "console", "txt", "sh", "bash"):
            symptoms.append(f"```text\n{code}\n```")
        elif code.strip():
            commands.append({"run": re.sub(r"^\$ ", "", code, flags=re.MULTILINE)})
    digest = hashlib.sha256("\0".join([heading, reason]).encode()).hexdigest()
    at = f"{day(crate, section, digest)}T{int(digest[6:8], 16) % 24:02}:{int(digest[8:10], 16) % 60:02}:00Z"
    return {
        "title": heading, "reason": reason, "files": [path], "commands": commands, "service": crate, "tags": [crate],
        "baseline": {"symptom": "\n\n".join(symptoms)}, "shipped_at": at, "created_at": at,
        "source": {"kind": "bench", "key": digest[:24]}, "id": change_id(digest),
    }


def change_id(digest):
    """An id of shipnote (12 characters of Crockford's base32) from a hash, so that hits can be told apart by it."""
    number = int(digest[:15], 16)
    return "".join("0123456789abcdefghjkmnpqrstvwxyz"[number >> (place * 5) & 31] for place in reversed(range(12)))
