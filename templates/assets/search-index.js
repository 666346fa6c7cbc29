// Searches the index that src/publish/search writes. Segments are looked at from the newest to the oldest; what is known
// of the ones looked at can be asked for at any time.
"use strict";

globalThis.shipnoteIndex = (() => {
  const { Numbers, compare, eachPosting, entries, fileName, load } = globalThis.shipnoteFiles;
  const FORMAT = 1;
  const ANALYZER = 2;
  // Bytes of one segment that are read for the beginning of a word, and for one or two letters; the exact word always is.
  const PREFIX_BYTES = 32 * 1024;
  const SHORT_BYTES = 20 * 1024;
  // Who has typed a word that so many documents of a segment have means this one, not another that begins so.
  const FREQUENT = 200;
  const OTHER_STEMS = 6;
  const MOST_WORDS = 12;
  // What is left of a match by the beginning of a word alone.
  const OF_PREFIX = 0.4;
  // Files of facets that are read only to show how many there are of each.
  const COUNTED = 12;
  const DAYS = 64;
  const FACETS = ["owner", "service", "kind", "year", "tag"];
  const TAG = 4;

  // What somebody typed: words that must all match, and filters. What is written without white space, an identifier or a
  // path, is looked for in pairs of its parts that stand together; the parts are for marking, and for when there is no such.
  function understand(text, { characters, synonyms }) {
    const filters = [];
    const rest = text.replace(/(^|\s)(owner|service|kind|year|tag):(?:"([^"]*)"|(\S+))/giu, (_, before, facet, quoted, plain) => {
      filters.push({ facet: facet.toLowerCase(), value: quoted ?? plain });
      return before;
    });
    const cut = (word) => [...word].slice(0, characters).join("");
    const [joined, apart] = [new Map(), new Map()];
    const add = (words, stem, prefix, isAlone) => {
      // A word that stands alone is found by the ones that mean the same, too.
      const others = (isAlone && synonyms.find((group) => group.includes(stem))) || [];
      const word = { stem: cut(stem), prefix: prefix === undefined ? undefined : cut(prefix), others };
      if (words.size < MOST_WORDS || prefix !== undefined) words.set(`${word.stem} ${word.prefix}`, word);
    };
    for (const run of rest.matchAll(/\S+/gu)) {
      const parts = globalThis.shipnoteAnalyzer.analyze(run[0]).filter(({ whole }) => !whole);
      const isOpen = run.index + parts.at(-1)?.end === rest.length;
      parts.forEach(({ stem, surface }, at) => {
        const prefix = isOpen && at === parts.length - 1 ? surface : undefined;
        const before = parts[at - 1]?.stem ?? "";
        add(apart, stem, prefix, parts.length === 1);
        if (at > 0 || parts.length === 1) add(joined, before + stem, prefix === undefined ? undefined : before + prefix, at === 0);
      });
    }
    return { words: [...joined.values()], parts: [...apart.values()], filters };
  }

  class Segment {
    constructor(manifest, [number, count]) {
      Object.assign(this, { manifest, number, count });
      const [documents, ofFacets, cards] = manifest.sizes;
      Object.assign(this, { documents, ofFacets, cards, columns: new Map() });
    }

    async open() {
      if (this.keys) return;
      const { days, terms, tail } = await load(`${this.number}/terms`);
      this.tail = tail;
      let day = 0;
      this.days = days.map((difference) => day += difference);
      this.keys = terms.split(" ").filter(Boolean).map((file) => {
        const [key, size] = file.split(".");
        return { key, size: Number(size) };
      });
    }

    // The place of the file a term is in, if it is anywhere.
    fileOf(term) {
      let low = 0;
      for (let high = this.keys.length; low < high;) {
        const middle = (low + high) >> 1;
        if (compare(this.keys[middle].key, term) <= 0) low = middle + 1;
        else high = middle;
      }
      return low - 1;
    }

    // The entries of a file whose terms `wanted` accepts, with the first document of their lists.
    async entriesOf({ key }, wanted) {
      return (await entries(fileName(this.number, key))).filter(({ term }) => wanted(term)).map((entry) => ({ ...entry, first: 0 }));
    }

    // Likewise of the latest documents, whose terms are in a file of their own.
    async entriesOfTail(wanted) {
      const { count, first } = this.tail;
      if (!count) return [];
      return (await entries(`${this.number}/tail`)).filter(({ term }) => wanted(term)).map((entry) => ({ ...entry, first }));
    }

    // Adds to `scores` how well each document matches a term.
    addTo(scores, { list, first }, factor) {
      const [lowest, step] = this.manifest.levels;
      eachPosting(list, first, (document, level) => {
        scores[document] = Math.max(scores[document], factor * lowest * Math.exp(step * level));
      });
    }

    async addTerm(scores, stem, factor) {
      const isIt = (term) => term === stem;
      const file = this.keys[this.fileOf(stem)];
      const found = await Promise.all([file ? this.entriesOf(file, isIt) : [], this.entriesOfTail(isIt)]);
      for (const entry of found.flat()) this.addTo(scores, entry, factor);
    }

    // How well each document matches a word, and whether all that begins so was read.
    async match({ stem, prefix, others }) {
      const scores = new Float32Array(this.documents);
      await Promise.all([...new Set([stem, ...others])].map((term) => this.addTerm(scores, term, 1)));
      const isFrequent = scores.reduce((count, score) => count + (score > 0), 0) >= FREQUENT;
      const whole = prefix === undefined || isFrequent || await this.addPrefix(scores, prefix, stem);
      return { scores, whole };
    }

    async addPrefix(scores, prefix, stem) {
      const begins = (term) => term.startsWith(prefix);
      const wanted = [];
      const most = prefix.length > 2 ? PREFIX_BYTES : SHORT_BYTES;
      let bytes = 0;
      let whole = true;
      for (let at = Math.max(this.fileOf(prefix), 0); at < this.keys.length; at += 1) {
        const file = this.keys[at];
        if (!begins(file.key) && compare(file.key, prefix) > 0) break;
        if (bytes > 0 && bytes + file.size > most) {
          whole = false;
          continue;
        }
        bytes += file.size;
        wanted.push(file);
      }
      const reading = wanted.map((file) => this.entriesOf(file, begins));
      const found = (await Promise.all([...reading, this.entriesOfTail(begins)])).flat();
      const others = new Set();
      for (const entry of found) {
        if (entry.list) this.addTo(scores, entry, OF_PREFIX);
        if (!entry.surface) continue;
        const other = globalThis.shipnoteAnalyzer.analyze(entry.term)[0]?.stem;
        if (other && other !== stem && !begins(other)) others.add(other);
      }
      await Promise.all([...others].slice(0, OTHER_STEMS).map((other) => this.addTerm(scores, other, OF_PREFIX)));
      return whole && others.size <= OTHER_STEMS;
    }

    // The documents that match every word, or for no words all there are; the newest first.
    async look(words) {
      await this.open();
      const matched = await Promise.all(words.map((word) => this.match(word)));
      this.scores = matched.map(({ scores }) => scores);
      this.counts = matched.map(({ scores }) => scores.reduce((count, score) => count + (score > 0), 0));
      this.whole = matched.every(({ whole }) => whole);
      this.found = [];
      if (!words.length) await this.everything();
      for (let document = this.documents - 1; document >= 0 && words.length; document -= 1) {
        if (matched.every(({ scores }) => scores[document] > 0)) this.found.push(document);
      }
    }

    async everything() {
      const last = Math.floor((this.days.length * DAYS - 1) / this.ofFacets);
      for (let file = last; file >= 0; file -= 1) {
        const columns = await this.facets(file * this.ofFacets).catch(() => null);
        for (let at = this.ofFacets - 1; columns && at >= 0; at -= 1) {
          // Every change has a kind.
          if (columns[2].of[at]?.length) this.found.push(file * this.ofFacets + at);
        }
      }
    }

    hasFacets(document) { return this.columns.has(Math.floor(document / this.ofFacets)); }

    // The facets of a document and its neighbours.
    async facets(document) {
      const file = Math.floor(document / this.ofFacets);
      if (!this.columns.has(file)) {
        const columns = (await load(`${this.number}/f-${file}`)).map(([names, text], facet) => {
          const numbers = new Numbers(text);
          const of = [];
          while (numbers.more) {
            const values = [];
            for (let place; numbers.more && (place = numbers.number());) {
              values.push(names[place - 1]);
              if (facet !== TAG) break;
            }
            of.push(values);
          }
          return { of };
        });
        this.columns.set(file, columns);
      }
      return this.columns.get(file);
    }

    valuesOf(document) {
      const columns = this.columns.get(Math.floor(document / this.ofFacets));
      return columns.map(({ of }) => of[document % this.ofFacets] ?? []);
    }

    async card(document) {
      const cards = await load(`${this.number}/d-${Math.floor(document / this.cards)}`);
      const found = cards.find(([number]) => number === document);
      if (!found) throw new Error("the index and its cards do not fit together");
      const [, id, title, day, kind, status, owner, service, outcome, verdict, excerpt] = found;
      return { id, title, day, kind, status, owner, service, outcome, verdict, excerpt };
    }
  }

  // One search: `step` looks at the next segment.
  class Search {
    constructor(manifest, text, chosen) {
      const { words, parts, filters } = understand(text, manifest);
      Object.assign(this, { manifest, words, parts });
      this.begin();
      this.all = this.waiting.reduce((sum, { count }) => sum + count, 0);
      this.latest = Math.max(...manifest.segments.map(([, , latest]) => latest));
      // By facet the values that are wanted, in lower case.
      this.filters = FACETS.map((facet) => new Set([...chosen, ...filters]
        .filter((filter) => filter.facet === facet).map(({ value }) => value.toLowerCase())));
    }

    begin() {
      this.looked = [];
      this.documents = 0;
      this.waiting = this.manifest.segments.map((segment) => new Segment(this.manifest, segment));
    }

    // Begins anew with the parts of identifiers, wherever they stand; whether that is any different.
    relax() {
      if (this.words.length === this.parts.length && this.words.every(({ stem }, at) => stem === this.parts[at].stem)) return false;
      this.words = this.parts;
      this.begin();
      return this.isRelaxed = true;
    }

    get facetNames() { return FACETS; }
    get isEmpty() { return !this.words.length && !this.isFiltered; }
    get isFiltered() { return this.filters.some((values) => values.size); }
    get isComplete() { return !this.waiting.length && this.looked.every(({ whole }) => whole); }
    get total() { return this.looked.reduce((sum, { matches }) => sum + matches.length, 0); }

    async step() {
      const segment = this.waiting[0];
      await segment.look(this.words);
      segment.matches = segment.found;
      if (this.isFiltered) {
        const firsts = new Set(segment.found.map((document) => Math.floor(document / segment.ofFacets) * segment.ofFacets));
        await Promise.all([...firsts].map((first) => segment.facets(first)));
        segment.matches = segment.found.filter((document) => !this.refusing(segment.valuesOf(document)).length);
      }
      this.waiting.shift();
      this.looked.push(segment);
      this.documents += segment.count;
    }

    // The facets by which the filters refuse a document with these values.
    refusing(values) {
      const accepts = (filter, of) => !filter.size || of.some((value) => filter.has(value.toLowerCase()));
      return [...FACETS.keys()].filter((facet) => !accepts(this.filters[facet], values[facet]));
    }

    // The best matches so far: a rare word counts more, a recent change a little more; of equals the newest first.
    best(most) {
      const [share, half] = this.manifest.recent;
      const rarity = this.words.map((_, word) => {
        const having = this.looked.reduce((sum, { counts }) => sum + counts[word], 0);
        return Math.log(1 + (this.documents - having + 0.5) / (having + 0.5));
      });
      const ranked = [];
      for (const segment of this.looked) {
        for (const document of segment.matches) {
          const age = this.latest - segment.days[Math.floor(document / DAYS)];
          const words = segment.scores.reduce((sum, scores, word) => sum + rarity[word] * scores[document], 0);
          ranked.push({ segment, document, score: words * (1 + share * 0.5 ** (age / half)) });
        }
      }
      const newest = (one, other) => other.segment.number - one.segment.number || other.document - one.document;
      ranked.sort((one, other) => other.score - one.score || newest(one, other));
      return ranked.slice(0, most);
    }

    // By facet, how many of the matches have each value; of a facet with a filter, how many would without it. `isWhole`
    // says whether all matches were counted.
    async facets() {
      const counts = FACETS.map(() => new Map());
      const isWhole = await this.loadFacets();
      for (const segment of this.looked) {
        for (const document of segment.found) {
          if (!segment.hasFacets(document)) break;
          const values = segment.valuesOf(document);
          const refusing = this.refusing(values);
          if (refusing.length > 1) continue;
          values.forEach((of, facet) => {
            if (refusing.length && refusing[0] !== facet) return;
            for (const value of of) counts[facet].set(value, (counts[facet].get(value) ?? 0) + 1);
          });
        }
      }
      return { counts: FACETS.map((facet, at) => ({ facet, values: [...counts[at]].sort(([, one], [, other]) => other - one) })), isWhole };
    }

    // Reads the facets of the newest matches; whether these are all.
    async loadFacets() {
      const wanted = new Map();
      for (const segment of this.looked) {
        for (const document of segment.found) {
          const file = `${segment.number} ${Math.floor(document / segment.ofFacets)}`;
          if (!segment.hasFacets(document)) wanted.set(file, () => segment.facets(document));
        }
      }
      await Promise.all([...wanted.values()].slice(0, COUNTED).map((read) => read()));
      return wanted.size <= COUNTED;
    }

    // Where the words stand in a text: pairs of beginning and end.
    marks(text) {
      const stems = new Set(this.parts.flatMap(({ stem, others }) => [stem, ...others]));
      const prefixes = this.parts.flatMap(({ prefix }) => (prefix === undefined ? [] : [prefix]));
      const isMeant = ({ stem, surface, whole }) => !whole
        && (stems.has(stem) || prefixes.some((prefix) => surface.startsWith(prefix)));
      return globalThis.shipnoteAnalyzer.analyze(text).filter(isMeant).map(({ start, end }) => [start, end]);
    }
  }

  return {
    // The function that begins a search with a text and chosen filters, `{facet, value}`.
    async open() {
      const manifest = await load("index");
      if (manifest.format !== FORMAT || manifest.analyzer !== ANALYZER) throw new Error("the index was made by another version");
      return (text, chosen) => new Search(manifest, text, chosen);
    },
  };
})();
