// The analyzer of the pages says what the one of the program says: node --test analyzer.test.mjs
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { runInThisContext } from "node:vm";

const read = (path) => readFile(new URL(path, import.meta.url), "utf8");
runInThisContext(await read("../../templates/assets/search-analyzer.js"));
const { analyze } = globalThis.shipnoteAnalyzer;
const vectors = JSON.parse(await read("../fixtures/analyzer.json"));
const bytes = (text) => new TextEncoder().encode(text).length;

test("there are vectors", () => assert.ok(vectors.length >= 25));
for (const { name, text, tokens, wholes } of vectors) {
  test(name, () => {
    const found = analyze(text);
    const parts = found.filter((token) => !token.whole).map(({ surface, stem, start, end }) => (
      // The program counts bytes of UTF-8, the browser units of UTF-16.
      { surface, stem, start: bytes(text.slice(0, start)), end: bytes(text.slice(0, end)) }
    ));
    assert.deepEqual(parts, tokens);
    assert.deepEqual(found.filter((token) => token.whole).map((token) => token.surface), wholes);
  });
}

test("endless words are cut", () => {
  assert.equal(bytes(analyze("\u00e9".repeat(100_000))[0].surface), 255);
  assert.equal(analyze("東".repeat(3)).length, 3);
});
