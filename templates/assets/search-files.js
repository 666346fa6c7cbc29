// Reads the files that src/publish/search writes: a file is a script that calls `shipnoteSearch` with its name and data.
"use strict";

globalThis.shipnoteFiles = (() => {
  const here = document.currentScript.src;
  const arrived = new Map();
  const files = new Map();
  globalThis.shipnoteSearch = (name, data) => arrived.set(name, data);

  function load(name) {
    if (!files.has(name)) {
      files.set(name, new Promise((resolve, reject) => {
        const script = document.createElement("script");
        script.src = new URL(`../search/${name}.js`, here);
        const end = () => {
          script.remove();
          if (arrived.has(name)) return resolve(arrived.get(name));
          files.delete(name);
          return reject(new Error(`search/${name}.js cannot be read`));
        };
        script.addEventListener("load", end);
        script.addEventListener("error", end);
        document.head.append(script);
      }));
    }
    return files.get(name);
  }

  // Numbers in digits of 5 bits, the lowest first; 32 is added to all but the last.
  const VALUES = new Uint8Array(128);
  [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"].forEach((digit, value) => { VALUES[digit.charCodeAt(0)] = value; });

  // Documents that are passed over in a list are counted in these, of 1 to 25, the highest digit first.
  const GAPS = new Uint8Array(128);
  [..."!#$%&'()*+,./;=>?@[]^`{|}"].forEach((digit, value) => { GAPS[digit.charCodeAt(0)] = value + 1; });

  class Numbers {
    constructor(text) {
      this.text = text;
      this.at = 0;
    }

    digit() { return VALUES[this.text.charCodeAt(this.at++)]; }

    number() {
      let number = 0;
      for (let place = 0; ; place += 5) {
        const digit = this.digit();
        number += (digit & 31) << place;
        if (digit < 32 || this.at >= this.text.length) return number;
      }
    }

    get more() { return this.at < this.text.length; }
  }

  // Calls `each` with every document of a list, whose first is `first` or behind it, and its level.
  function eachPosting(list, first, each) {
    let document = first;
    for (let at = 0, gap = 0; at < list.length; at += 1) {
      const code = list.charCodeAt(at);
      if (GAPS[code]) {
        gap = gap * 25 + GAPS[code];
        continue;
      }
      document += gap;
      each(document, VALUES[code]);
      [document, gap] = [document + 1, 0];
    }
  }

  // By code points, as the files are ordered.
  function compare(one, other) {
    let at = 0;
    while (at < one.length && one[at] === other[at]) at += 1;
    return (one.codePointAt(at) ?? -1) - (other.codePointAt(at) ?? -1);
  }

  function fileName(segment, key) {
    const hex = () => [...new TextEncoder().encode(key)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return `${segment}/${/^[a-z0-9]*$/.test(key) ? `t-${key}` : `x-${hex()}`}`;
  }

  // The terms of a file: each with its list, or `surface` where it is found by its stem.
  const read = new WeakMap();
  async function entries(name) {
    const loading = load(name);
    const text = await loading;
    if (!read.has(loading)) {
      read.set(loading, text.split(" ").map((entry) => {
        const at = entry.indexOf(":");
        const head = at < 0 ? entry : entry.slice(0, at);
        const surface = head.endsWith("~");
        return { term: surface ? head.slice(0, -1) : head, surface, list: at < 0 ? "" : entry.slice(at + 1) };
      }));
    }
    return read.get(loading);
  }

  return { Numbers, compare, eachPosting, entries, fileName, load };
})();
