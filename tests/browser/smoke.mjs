// Opens every page of a published site in headless Chromium, from a web server and from the folder itself.
//
//   node smoke.mjs SITE [MOST [unguarded]]
//
// Of a large site, MOST pages of each folder are opened. With `unguarded` every page is opened once more, from a server that
// sends no policy: nothing of a record may run even there. A page fails when it logs an error, breaks the strict policy it is served under, asks for anything outside the site, has
// a link that leads nowhere, is wider than the window, is not valid HTML, or breaks a rule of axe-core (contrast among them)
// in light or dark.
import { readFile, readdir } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize, relative, resolve } from "node:path";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { HtmlValidate } from "html-validate";
import { chromium } from "playwright-core";
import { anything, byKeyboard, byMouse, looks } from "./search.mjs";

const site = resolve(process.argv[2] ?? "site");
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'";
const types = { ".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".xml": "application/atom+xml", ".md": "text/markdown" };

let passed = 0;
let failed = 0;
function expect(condition, what) {
  if (condition) passed += 1;
  else {
    failed += 1;
    console.error(`FAILED ${what}`);
  }
}

const files = (await readdir(site, { recursive: true, withFileTypes: true }))
  .filter((entry) => entry.isFile())
  .map((entry) => relative(site, join(entry.parentPath, entry.name)).replaceAll("\\", "/"));
const most = Number(process.argv[3] ?? Infinity);
const taken = new Map();
const pages = files.filter((name) => name.endsWith(".html")).sort().filter((name) => {
  // Pages of months, of files and of folders stand for each other.
  const sort = name.replace(/[^/]+$/, (file) => (/^\d{4}-\d\d\.html$/.test(file) ? "month" : file === "index.html" ? file : "")).replace(/^(files|owners|services|tags|metrics|kinds|environments)\/.*\//, "$1/*/");
  taken.set(sort, (taken.get(sort) ?? 0) + 1);
  return taken.get(sort) <= most;
});
const known = new Set(files);
// What is looked for there is known.
const isDemo = known.has("changes/k7m2xq9dwv4p.html");

// What a page of ours never has, and what would show that a record ran something; looked at in the page itself.
function acts() {
  const found = [];
  for (const element of document.querySelectorAll("*")) {
    for (const { name } of element.attributes) if (/^on|^(style|srcdoc|ping)$/i.test(name)) found.push(`${element.tagName} ${name}`);
    if (/^(iframe|frame|object|embed|base|form|img|audio|video|math|template|noscript)$/i.test(element.tagName) && !element.closest("dialog.search")) found.push(element.tagName);
    if (element.tagName === "SCRIPT" && (!element.src || element.textContent)) found.push("a script of its own");
    for (const at of ["href", "src", "action", "formAction"]) {
      const address = element[at]?.baseVal ?? element[at];
      if (address && !/^(https?|mailto|file):$/.test(new URL(address, location.href).protocol)) found.push(`${element.tagName} ${at}=${address}`);
    }
  }
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\u200b]/.test(document.documentElement.textContent)) found.push("a hidden character");
  return found;
}

let guarded = true;
const server = createServer(async (request, response) => {
  const name = normalize(decodeURIComponent(new URL(request.url, "http://x").pathname)).slice(1) || "index.html";
  try {
    const body = await readFile(join(site, name));
    response.writeHead(200, { "content-type": `${types[extname(name)] ?? "text/plain"}; charset=utf-8`, ...(guarded ? { "content-security-policy": policy } : {}) });
    response.end(body);
  } catch {
    response.writeHead(404).end();
  }
});
await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
const served = `http://127.0.0.1:${server.address().port}/`;
const folder = `${pathToFileURL(site)}/`;

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
  ],
});

// Opens a page and hands it to `check`; everything it logs and asks for is watched.
async function open(context, base, name, check) {
  const page = await context.newPage();
  const troubles = [];
  page.on("console", (message) => message.type() === "error" && troubles.push(message.text()));
  page.on("dialog", (dialog) => { troubles.push(`a dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on("pageerror", (error) => troubles.push(String(error)));
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(base) && !url.startsWith("data:")) troubles.push(`asked for ${url}`);
  });
  await page.goto(base + name);
  await check(page);
  expect(troubles.length === 0, `${name} is quiet: ${troubles.join("; ")}`);
  await page.close();
}

// Links by what they lead to; one outside the site is only read, never followed.
async function links(page, name) {
  const found = await page.$$eval("a[href], link[href], script[src]", (all) => all.map((one) => one.getAttribute("href") ?? one.getAttribute("src")));
  for (const href of found) {
    if (/^(https?|mailto):/.test(href)) continue;
    const target = new URL(href, `http://x/${name}`);
    const path = decodeURIComponent(target.pathname).slice(1);
    expect(known.has(path), `${name} leads to ${href}`);
    if (target.hash && path === name) {
      expect(await page.evaluate((id) => !!document.getElementById(id), target.hash.slice(1)), `${name} has ${target.hash}`);
    }
  }
}

const validator = new HtmlValidate({ root: true, extends: ["html-validate:standard", "html-validate:document"], rules: { "require-sri": "off" } });
for (const name of pages) {
  const { results } = await validator.validateFile(join(site, name));
  const said = results.flatMap(({ messages }) => messages.map(({ line, message }) => `${line}: ${message}`));
  expect(said.length === 0, `${name} is valid: ${said.slice(0, 3).join("; ")}`);
}

// A page of each sort stands for the rules that go by its template; changes and services differ by what was recorded.
const sorts = new Map(pages.map((name) => [name.replace(/[^/]+$/, (file) => (file === "index.html" ? file : "")), name]));
const audited = new Set([...sorts.values(), ...pages.filter((name) => /^(changes|services)\//.test(name))]);
for (const [colorScheme, chosen] of [["light", pages], ["dark", [...sorts.values()]]]) {
  const context = await browser.newContext({ colorScheme, viewport: { width: 320, height: 800 } });
  for (const name of chosen) {
    await open(context, served, name, async (page) => {
      expect((await page.title()).length > 0, `${name} has a title`);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      expect(overflow <= 0, `${name} fits 320 px (${overflow} px too wide)`);
      if (colorScheme === "light") await links(page, name);
      if (!audited.has(name)) return;
      // Run by the debugger, not by the page: the policy stays as strict as it is.
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => axe.run());
      expect(violations.length === 0, `${name} (${colorScheme}): ${violations.map((one) => `${one.id}: ${one.nodes[0].html}`).join("; ")}`);
    });
  }
  await context.close();
}

// From the folder, as from a stick: pages open, a link works, a command is copied.
{
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  await open(context, folder, "index.html", async (page) => {
    await page.click(".rows a.title");
    expect(page.url().includes("/changes/"), "a link from home opens a change");
    await page.click(".copy >> nth=0");
    await page.waitForFunction(() => document.querySelector(".copy").textContent === "Copied");
    expect(true, "a command is copied");
  });
  await context.close();
}

// Search works from a web server under the strict policy and from the folder.
for (const base of [served, folder]) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  await anything({ context, base, open, expect });
  if (isDemo) {
    await byKeyboard({ context, base, open, expect });
    await byMouse({ context, base, open, expect });
  }
  await context.close();
}
if (isDemo) await looks({ browser, base: served, open, expect, axe });

// Without JavaScript everything is there to read.
{
  const context = await browser.newContext({ javaScriptEnabled: false });
  await open(context, folder, pages.find((name) => name.startsWith("changes/")), async (page) => {
    expect((await page.locator("pre.command").count()) > 0, "commands are there without JavaScript");
    expect((await page.locator(".copy").count()) === 0, "no button that does nothing");
    expect(!(await page.locator(".search-open").isVisible()), "no search that does nothing");
  });
  await context.close();
}

// Served without a policy, everything that a record holds could run. Links are followed by hand: none may lead astray.
if (process.argv[4] === "unguarded") {
  guarded = false;
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const opened = files.filter((name) => name.endsWith(".html"));
  for (const name of opened) {
    await open(context, served, name, async (page) => {
      const found = await page.evaluate(acts);
      expect(found.length === 0, `${name} has nothing that acts: ${found.slice(0, 3).join("; ")}`);
    });
  }
  // What search shows of them is made by a script.
  await open(context, served, "index.html", async (page) => {
    for (const text of ["alert", "script", "javascript", "owned", "onerror"]) {
      await page.keyboard.press("/");
      await page.fill("dialog.search input", text);
      await page.waitForSelector("dialog.search:not([aria-busy])");
      const found = await page.evaluate(acts);
      expect(found.length === 0, `search for ${text} shows nothing that acts: ${found.slice(0, 3).join("; ")}`);
      expect((await page.$$(".search-results script, .search-results img")).length === 0, `search for ${text} shows text`);
      await page.keyboard.press("Escape");
    }
  });
  await context.close();
  console.log(`${opened.length} pages without a policy`);
}

await browser.close();
server.close();
console.log(`${fileURLToPath(pathToFileURL(site))}: ${pages.length} pages`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && pages.length > 0 ? 0 : 1);
