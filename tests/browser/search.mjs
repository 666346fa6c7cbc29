// Search in the pages, by keyboard and by mouse. Runs as part of smoke.mjs, which hands in its tools.

const first = ".search-results li:first-child a";

async function ask(page, text) {
  await page.fill("dialog.search input", text);
  await page.waitForSelector("dialog.search:not([aria-busy])");
}

const titles = (page) => page.$$eval(".search-results a", (links) => links.map((link) => link.textContent));
const focused = (page) => page.evaluate(() => document.activeElement.tagName);

// On any site: a word of the latest title finds changes, and they can be opened.
export async function anything({ context, base, open, expect }) {
  await open(context, base, "index.html", async (page) => {
    const [word] = /[a-z]{3,}/i.exec(await page.textContent(".rows a.title"));
    await page.keyboard.press("/");
    await ask(page, word);
    await page.waitForSelector(first);
    expect((await titles(page)).length > 0, `${word} is found`);
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/changes\//);
  });
}

// `open` opens a page of the site at `base` and watches it, `expect` counts.
export async function byKeyboard({ context, base, open, expect }) {
  await open(context, base, "index.html", async (page) => {
    const place = () => page.evaluate(() => JSON.stringify(document.querySelector("h1").getBoundingClientRect()));
    const before = await place();
    await page.keyboard.press("/");
    await page.waitForSelector("dialog.search[open]");
    expect((await focused(page)) === "INPUT", "`/` opens search and the field has the focus");
    expect((await place()) === before, "the page does not move when search opens");

    await page.keyboard.type("ReadTimeo");
    await page.waitForSelector(first);
    expect((await titles(page)).length > 0, "the beginning of a word finds something");
    await page.keyboard.press("ArrowDown");
    expect(await page.evaluate((link) => document.activeElement === document.querySelector(link), first), "the arrow goes to the first result");
    await page.keyboard.press("ArrowUp");
    expect((await focused(page)) === "INPUT", "and back to the field");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.type("ut");
    expect((await page.inputValue("dialog.search input")) === "ReadTimeout", "who goes on typing types into the field");
    for (let n = 0; n < 40; n += 1) await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement === document.body || !!document.activeElement.closest("dialog")), "the focus stays in the dialog");
    await page.keyboard.press("Escape");
    expect(await page.evaluate(() => !document.querySelector("dialog.search").open), "Escape closes");

    await page.keyboard.press("/");
    await ask(page, "zebra crossing");
    expect((await page.textContent(".search-more")).includes("shipnote search 'zebra crossing'"), "nothing found says what to do next");
    await page.fill("dialog.search input", "announce end deprecat");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/changes\//);
    expect((await page.textContent("h1")).includes("Deprecation"), "Enter opens the first result, also before it is there");
  });
}

export async function byMouse({ context, base, open, expect }) {
  await open(context, base, "services/index.html", async (page) => {
    await page.click(".search-open");
    for (const text of ["get_order", "ConnectionResetError", "clients/python", "owner:team-orders", "timeouts", "postgres"]) {
      await ask(page, text);
      expect((await titles(page)).length > 0, `${text} is found`);
    }
    await ask(page, "timeout");
    expect((await page.locator("dialog.search mark").count()) > 0, "what was looked for is marked");
    const all = await titles(page);
    const facet = page.locator(".search-groups button[data-value^='owner:']").first();
    await facet.click();
    await page.waitForFunction((count) => document.querySelectorAll(".search-results a").length < count, all.length);
    expect((await facet.getAttribute("aria-pressed")) === "true", "a facet stays pressed");
    const count = Number(await facet.locator(".count").textContent());
    expect((await titles(page)).length === count, "and leaves as many as it says");
    await facet.click();
    await page.waitForFunction((count) => document.querySelectorAll(".search-results a").length === count, all.length);
    await page.click(first);
    await page.waitForURL(/\/changes\//);
    expect((await page.textContent("h1")) === all[0], "a click on a result opens it");
    await page.click(".search-open");
    await page.click("dialog.search .search-close");
    expect(await page.evaluate(() => document.activeElement.className === "search-open"), "the focus comes back");
  });
}

// The rules of axe and the width of the window hold for the open dialog too.
export async function looks({ browser, base, open, expect, axe }) {
  for (const [colorScheme, width] of [["light", 320], ["dark", 320], ["light", 1920], ["dark", 1280]]) {
    const context = await browser.newContext({ colorScheme, viewport: { width, height: 800 } });
    await open(context, base, "index.html", async (page) => {
      await page.click(".search-open");
      for (const text of ["", "timeout", "zebra crossing"]) {
        await ask(page, text);
        if (text === "timeout") {
          await page.waitForSelector(".search-facets:not([hidden])");
          await page.evaluate(() => { document.querySelector(".search-facets").open = true; });
        }
        const what = `search for “${text}” (${colorScheme}, ${width} px)`;
        const over = await page.evaluate(() => Math.max(...["html", "dialog.search", ".search-body"].map((name) => {
          const { scrollWidth, clientWidth } = document.querySelector(name);
          return scrollWidth - clientWidth;
        })));
        expect(over <= 0, `${what} fits (${over} px too wide)`);
        await page.evaluate(axe);
        const { violations } = await page.evaluate(() => globalThis.axe.run());
        expect(violations.length === 0, `${what}: ${violations.map((one) => `${one.id}: ${one.nodes[0].html}`).join("; ")}`);
      }
    });
    await context.close();
  }
}
