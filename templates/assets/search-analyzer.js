// The twin of src/query/analyze.rs: text to tokens by the same rules. Both are held to tests/fixtures/analyzer.json.
"use strict";

globalThis.shipnoteAnalyzer = (() => {
  const WORD = /[\p{Alphabetic}\p{N}]/u;
  const MARK = /\p{M}/u;
  // Letters, digits and the marks on them; the emoji blocks have letters that are pictures.
  const RUN = /(?![\p{M}\u{1F000}-\u{1FAFF}])[\p{Alphabetic}\p{N}](?:(?![\u{1F000}-\u{1FAFF}])[\p{Alphabetic}\p{N}]|\p{M})*/gu;
  // Each a token of its own: Han, Hiragana, Katakana.
  const CJK = /[\u3005-\u3007\u3021-\u3029\u3031-\u3035\u3038-\u303B\u3041-\u3096\u309D-\u309F\u30A1-\u30FA\u30FC-\u30FF\u31F0-\u31FF\u3400-\u4DBF\u4E00-\u9FFF\uF900-\uFAFF\uFF66-\uFF9F\u{1B000}-\u{1B16F}\u{20000}-\u{323AF}]/u;
  const LONGEST = 255;
  const LONGEST_STEMMED = 40;

  // What the borders of camelCase depend on: U upper, l lower, s the letter of a plural, 0 digit, - none of them.
  function caseOf(c) {
    if (c === undefined) return "";
    if (c === "s") return "s";
    if (/\p{Lowercase}/u.test(c)) return "l";
    if (/\p{Uppercase}/u.test(c)) return "U";
    return /\p{N}/u.test(c) ? "0" : "-";
  }
  const isLower = (letter) => letter === "l" || letter === "s";

  // `resetError`, `HTTPServer`, `utf8Decoder`; but `APIs` and `URLs` are plurals.
  function isBorder(before, now, next, afterNext) {
    if (now !== "U") return false;
    if (isLower(before)) return true;
    const plural = next === "s" && !isLower(afterNext);
    return (before === "U" || before === "0") && isLower(next) && !plural;
  }

  const bytesOf = (c) => { const code = c.codePointAt(0); return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4; };

  // Compatibility forms, without marks, in lower case, cut at 255 bytes of UTF-8.
  function fold(word) {
    let folded = "";
    let bytes = 0;
    for (const c of word.normalize("NFKD")) {
      if (MARK.test(c)) continue;
      for (let lower of c.toLowerCase()) {
        if (lower === "ς") lower = "σ";
        if (!WORD.test(lower) || MARK.test(lower)) continue;
        bytes += bytesOf(lower);
        if (bytes > LONGEST) return folded;
        folded += lower;
      }
    }
    return folded;
  }

  // Tokens in order: {surface, stem, start, end} in UTF-16 units; behind the parts of a word in camelCase the `whole` of it.
  function analyze(text) {
    const tokens = [];
    const emit = (start, end, whole) => {
      const surface = fold(text.slice(start, end));
      if (surface) tokens.push({ surface, stem: stemOf(surface), start, end, whole });
    };
    for (const run of text.matchAll(RUN)) {
      const letters = [];
      let at = run.index;
      for (const c of run[0]) {
        if (!MARK.test(c)) letters.push({ c, at });
        at += c.length;
      }
      for (let from = 0; from < letters.length;) {
        let to = from + 1;
        if (!CJK.test(letters[from].c)) while (to < letters.length && !CJK.test(letters[to].c)) to += 1;
        segment(letters.slice(from, to), letters[to]?.at ?? at, emit);
        from = to;
      }
    }
    return tokens;
  }

  function segment(letters, end, emit) {
    const cases = letters.map(({ c }) => caseOf(c));
    const start = letters[0].at;
    let part = start;
    for (let n = 1; n < letters.length; n += 1) {
      if (isBorder(cases[n - 1], cases[n], cases[n + 1], cases[n + 2])) {
        emit(part, letters[n].at, false);
        part = letters[n].at;
      }
    }
    emit(part, end, false);
    if (part > start) emit(start, end, true);
  }

  const stems = new Map();
  function stemOf(word) {
    if (word.length < 3 || word.length > LONGEST_STEMMED || !/^[a-z]+$/.test(word)) return word;
    let stem = stems.get(word);
    if (stem === undefined) stems.set(word, stem = english(word) || word);
    return stem;
  }

  // English, https://snowballstem.org/algorithms/english/stemmer.html, in the version that rust-stemmers 1.2 has.
  const KEPT = new Map(Object.entries({
    andes: "andes", atlas: "atlas", bias: "bias", cosmos: "cosmos", dying: "die", early: "earli", gently: "gentl", howe: "howe",
    idly: "idl", lying: "lie", news: "news", only: "onli", singly: "singl", skies: "sky", skis: "ski", sky: "sky", tying: "tie",
    ugly: "ugli",
  }));
  const KEPT_WITHOUT_S = /^(?:succeed|proceed|exceed|canning|inning|earring|herring|outing)$/;
  const STEP_2 = {
    ization: "ize", ational: "ate", fulness: "ful", ousness: "ous", iveness: "ive", tional: "tion", biliti: "ble", lessli: "less",
    entli: "ent", ation: "ate", alism: "al", aliti: "al", ousli: "ous", iviti: "ive", fulli: "ful", enci: "ence", anci: "ance",
    abli: "able", izer: "ize", ator: "ate", alli: "al", bli: "ble",
  };
  const STEP_3 = { ational: "ate", tional: "tion", alize: "al", icate: "ic", iciti: "ic", ical: "ic", ful: "", ness: "" };
  const ENDS_IN_2 = new RegExp(`(?:${Object.keys(STEP_2).sort((one, other) => other.length - one.length).join("|")}|ogi|li)$`);
  const ENDS_IN_3 = /(?:ational|tional|alize|icate|iciti|ative|ical|ness|ful)$/;
  const ENDS_IN_4 = /(?:ement|ance|ence|able|ible|ment|ant|ent|ism|ate|iti|ous|ive|ize|ion|al|er|ic)$/;
  // A short syllable at the end; Y is a consonant.
  const SHORT = /(?:[^aeiouy][aeiouy][^aeiouywxY]|^[aeiouy][^aeiouy])$/;

  // The place behind the first consonant that follows a vowel.
  function region(word, from) {
    const found = /[aeiouy][^aeiouy]/.exec(word.slice(from));
    return found ? from + found.index + 2 : word.length;
  }

  function english(text) {
    if (KEPT.has(text)) return KEPT.get(text);
    let word = text.replace(/^y/, "Y").replace(/([aeiouy])y/g, "$1Y");
    const p1 = /^(?:gener|commun|arsen)/.exec(word)?.[0].length ?? region(word, 0);
    const p2 = region(word, p1);
    word = plural(word);
    if (KEPT_WITHOUT_S.test(word)) return word.toLowerCase();
    word = past(word, p1);
    if (/.[^aeiouy][yY]$/.test(word)) word = `${word.slice(0, -1)}i`;
    word = suffixes(word, p1, p2);
    return word.toLowerCase();
  }

  function plural(word) {
    if (word.endsWith("sses")) return word.slice(0, -2);
    if (/ie[ds]$/.test(word)) return word.slice(0, word.length > 4 ? -2 : -1);
    if (/(?:us|ss)$/.test(word)) return word;
    return /[aeiouy].+s$/.test(word) ? word.slice(0, -1) : word;
  }

  function past(word, p1) {
    const eed = /eed(?:ly)?$/.exec(word);
    if (eed) return eed.index >= p1 ? `${word.slice(0, eed.index)}ee` : word;
    const found = /(?:ed|ing)(?:ly)?$/.exec(word);
    if (!found || !/[aeiouy]/.test(word.slice(0, found.index))) return word;
    const rest = word.slice(0, found.index);
    if (/(?:at|bl|iz)$/.test(rest)) return `${rest}e`;
    if (/(?:bb|dd|ff|gg|mm|nn|pp|rr|tt)$/.test(rest)) return rest.slice(0, -1);
    return rest.length === p1 && SHORT.test(rest) ? `${rest}e` : rest;
  }

  // Steps 2 to 5: of each, the longest ending counts, whether it may be taken off or not.
  function suffixes(word, p1, p2) {
    let found = ENDS_IN_2.exec(word);
    if (found && found.index >= p1) {
      const [ending] = found;
      const rest = word.slice(0, found.index);
      if (ending === "ogi") word = rest.endsWith("l") ? `${rest}og` : word;
      else if (ending === "li") word = /[cdeghkmnrt]$/.test(rest) ? rest : word;
      else word = rest + STEP_2[ending];
    }
    found = ENDS_IN_3.exec(word);
    if (found && found.index >= p1) {
      const rest = word.slice(0, found.index);
      if (found[0] !== "ative") word = rest + STEP_3[found[0]];
      else if (found.index >= p2) word = rest;
    }
    found = ENDS_IN_4.exec(word);
    if (found && found.index >= p2) {
      const rest = word.slice(0, found.index);
      if (found[0] !== "ion" || /[st]$/.test(rest)) word = rest;
    }
    const last = word.length - 1;
    const rest = word.slice(0, last);
    if (word.endsWith("e")) return last >= p2 || (last >= p1 && !SHORT.test(rest)) ? rest : word;
    return word.endsWith("l") && last >= p2 && rest.endsWith("l") ? rest : word;
  }

  return { analyze };
})();
