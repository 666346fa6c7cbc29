"""Known-item queries: what somebody types who remembers a record and wants it back. Three telling words of it, as they
stand in it; every fourth query has a typing error in one of them. The same seed makes the same queries.
"""

import collections
import math
import re

WORDS_PER_QUERY = 3
TYPO_EVERY = 4
SHORTEST_TYPO = 5
#: A record needs that many words to choose from; three words of a shorter one are all of it.
FEWEST_WORDS = 8
#: People remember titles better than prose.
TITLE_WEIGHT = 3.0

WORD = re.compile(r"\b[a-z]+(?:_[a-z]+)*\b")
ADDRESS = re.compile(r"https?://\S+|\]\([^)]*\)|@[\w-]+|\b[0-9a-f]{7,40}\b")
LETTERS = "abcdefghijklmnopqrstuvwxyz"
STOP_WORDS = frozenset(
    """about above after again all also always and another any are because been before being below between both but can
    cannot could did does doing done down during each either else etc even ever every few for from further get gets give
    had has have having here how however into isn its itself just less like made make makes many may might more most much
    must need needs never not now off once one only other others our out over own per same see shall should since some
    still such than that the their them then there therefore these they this those through thus too two under until upon
    use used uses using very via was way well were what when where whether which while who whose why will with within
    without would yet you your""".split()
)


def words(text):
    """The words of a text somebody might remember: no addresses, no hashes, no stop words."""
    found = WORD.findall(ADDRESS.sub(" ", text).lower())
    return [word for word in found if 4 <= len(word) <= 20 and word not in STOP_WORDS]


def queries(changes, count, random):
    """`count` queries as (text, target, whether it has a typing error), targets drawn without returning them."""
    seen_in, alike, choices = collections.Counter(), collections.Counter(), {}
    for change in changes:
        title, prose = frozenset(words(change["title"])), frozenset(words(change["reason"]))
        seen_in.update(title | prose)
        alike[prose] += 1
        choices[change["id"]] = (title, prose)
    # Licence texts and release statistics that differ in a number: no words tell which of them is meant.
    targets = []
    for change in changes:
        title, prose = choices[change["id"]]
        if alike[prose] == 1 and len(title | prose) >= FEWEST_WORDS:
            targets.append(change)
    made = []
    for target in random.sample(targets, min(count, len(targets))):
        title, prose = choices[target["id"]]
        weights = {}
        for word in sorted(title | prose):
            telling = math.log(len(changes) / seen_in[word]) ** 2
            weights[word] = telling * (TITLE_WEIGHT if word in title else 1.0)
        chosen = draw(weights, WORDS_PER_QUERY, random)
        typo = len(made) % TYPO_EVERY == TYPO_EVERY - 1
        if typo:
            typo = mistype_one(chosen, seen_in, random)
        made.append((" ".join(chosen), target, typo))
    return made


def draw(weights, count, random):
    """`count` different words, each with a chance after its weight."""
    left, chosen = dict(weights), []
    for _ in range(count):
        word = random.choices(list(left), [weight + 1e-9 for weight in left.values()])[0]
        del left[word]
        chosen.append(word)
    return chosen


def mistype_one(chosen, known, random):
    """Mistypes one of the longer words in place; False when all are short. The result is no word of the records."""
    long_enough = [place for place, word in enumerate(chosen) if len(word) >= SHORTEST_TYPO]
    if not long_enough:
        return False
    place = random.choice(long_enough)
    word = chosen[place]
    while word in known:
        word = mistype(chosen[place], random)
    chosen[place] = word
    return True


def mistype(word, random):
    """The word with two letters swapped, or one dropped, doubled or replaced; the first letter is nearly always right."""
    at = random.randrange(1, len(word) - 1)
    kind = random.choice(["swap", "drop", "double", "replace"])
    if kind == "swap":
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if kind == "drop":
        return word[:at] + word[at + 1 :]
    if kind == "double":
        return word[:at] + word[at] + word[at:]
    return word[:at] + random.choice(LETTERS) + word[at + 1 :]
