// The search dialog: opened by the button in the header or by `/`. What it shows of records it shows as text.
// The analyzer and the reader of the index are loaded when it is opened for the first time.
"use strict";

(() => {
  const SHOWN = 10;
  // After so many matches among so many changes, or after so many segments, older ones are looked at when somebody asks.
  const ENOUGH = 200;
  const AMONG = 8_000;
  const MOST_SEGMENTS = 8;
  // Buttons of one facet.
  const VALUES = 6;
  const PAUSE = 80;
  const TITLES = { owner: "Owner", service: "Service", kind: "Kind", year: "Year", tag: "Tag" };

  const script = document.currentScript.src;
  const root = new URL("../", script);
  const button = document.querySelector(".search-open");
  let parts;
  let ready;
  let run = 0;
  let search;
  let shown = SHOWN;
  let chosen = [];
  let opensFirst = false;

  const element = (name, attributes = {}, ...children) => {
    const made = document.createElement(name);
    for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
    made.append(...children.filter((child) => child !== null && child !== ""));
    return made;
  };
  const counted = (count, word) => `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;

  function load(name) {
    return new Promise((resolve, reject) => {
      const made = element("script", { src: new URL(name, script) });
      // In the order they are asked for.
      made.async = false;
      made.addEventListener("load", resolve);
      made.addEventListener("error", () => reject(new Error(`assets/${name} cannot be read`)));
      document.head.append(made);
    });
  }

  function prepare() {
    const scripts = ["search-analyzer.js", "search-files.js", "search-index.js"];
    ready ??= Promise.all(scripts.map(load)).then(() => globalThis.shipnoteIndex.open());
    // A failure is said when somebody searches; the next try begins anew.
    ready.catch(() => { ready = undefined; });
    return ready;
  }

  function build() {
    const input = element("input", {
      type: "search", "aria-label": "Search changes", placeholder: "Words, an identifier, a path, an error",
      autocomplete: "off", autocapitalize: "none", spellcheck: "false", enterkeyhint: "go", maxlength: "400",
    });
    const close = element("button", { type: "button", class: "search-close" }, "Close");
    const field = element("form", { role: "search", class: "search-field" }, input, close);
    const count = element("p", { class: "search-count", role: "status" });
    const summary = element("summary", {}, "Narrow down");
    const groups = element("div", { class: "search-groups" });
    const facets = element("details", { class: "search-facets", hidden: "" }, summary, groups);
    facets.open = matchMedia("(min-width: 48rem)").matches;
    const results = element("ol", { class: "search-results rows" });
    const more = element("p", { class: "search-more" });
    const list = element("div", { class: "search-list" }, results, more);
    const body = element("div", { class: "search-body", tabindex: "-1" }, facets, list);
    const dialog = element("dialog", { class: "search", "aria-label": "Search" }, field, count, body);
    document.body.append(dialog);
    parts = { dialog, input, count, facets, summary, groups, results, more, body };

    let waiting;
    input.addEventListener("input", () => {
      clearTimeout(waiting);
      opensFirst = false;
      run += 1;
      parts.dialog.setAttribute("aria-busy", "true");
      waiting = setTimeout(begin, PAUSE);
    });
    field.addEventListener("submit", (event) => {
      event.preventDefault();
      openFirst();
    });
    close.addEventListener("click", shut);
    // What is outside of the dialog belongs to it too, and is hit when neither field nor results are.
    dialog.addEventListener("click", (event) => event.target === dialog && shut());
    dialog.addEventListener("keydown", move);
    facets.addEventListener("toggle", () => {
      if (facets.open && search) narrow(run, search).catch(fail);
    });
  }

  function open() {
    if (!parts) build();
    if (parts.dialog.open) return;
    parts.dialog.showModal();
    parts.input.focus();
    parts.input.select();
    if (!parts.input.value) begin();
    prepare().catch(fail);
  }

  function shut() {
    parts.dialog.close();
    // Where nothing had the focus before, the field would keep it unseen, and with it the next `/`.
    if (parts.dialog.contains(document.activeElement)) document.activeElement.blur();
  }

  function fail(error) {
    parts.dialog.removeAttribute("aria-busy");
    parts.count.textContent = `Search does not work here: ${error.message}. Reload the page, or publish the site again.`;
  }

  // Enter opens the first result, also one that is still on its way.
  function openFirst() {
    const first = parts.results.querySelector("a");
    opensFirst = !first || parts.results.classList.contains("stale");
    if (!opensFirst) first.click();
  }

  function move(event) {
    const { input, results } = parts;
    const links = [...results.querySelectorAll("a")];
    const at = links.indexOf(document.activeElement);
    const inField = document.activeElement === input;
    if (event.key === "Escape") {
      event.preventDefault();
      shut();
    } else if (event.key === "ArrowDown" && (inField || at >= 0)) {
      event.preventDefault();
      links[Math.min(at + 1, links.length - 1)]?.focus();
    } else if (event.key === "ArrowUp" && at >= 0) {
      event.preventDefault();
      (links[at - 1] ?? input).focus();
    } else if (at >= 0 && event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.metaKey && !event.altKey) {
      // Who goes on typing means the field.
      input.focus();
    }
  }

  async function begin() {
    const mine = run += 1;
    const text = parts.input.value;
    shown = SHOWN;
    try {
      const made = (await prepare())(text, chosen);
      if (mine !== run) return;
      search = made;
      if (made.isEmpty) welcome(made);
      else await look(mine);
    } catch (error) {
      if (mine === run) fail(error);
    }
  }

  // Looks at segments until there is enough to show; shows what it has after each.
  async function look(mine) {
    const found = search;
    parts.results.classList.add("stale");
    const upTo = found.looked.length + MOST_SEGMENTS;
    const [matches, documents] = [found.total, found.documents];
    const enough = () => found.total - matches >= ENOUGH && found.documents - documents >= AMONG;
    do {
      if (found.waiting.length) await found.step();
      if (mine !== run) return;
      if (found.total > 0) await show(mine, found);
      if (mine !== run) return;
      if (!found.waiting.length && !found.total) found.relax();
    } while (found.waiting.length && !enough() && found.looked.length < upTo);
    if (found.total === 0) parts.results.replaceChildren();
    parts.results.classList.remove("stale");
    tell(found);
    await narrow(mine, found);
    if (mine === run) parts.dialog.removeAttribute("aria-busy");
  }

  async function show(mine, found) {
    const best = found.best(shown);
    const card = ({ segment, document }) => segment.card(document);
    // The first result alone at first: it is what most are looking for.
    const first = await card(best[0]);
    if (mine !== run) return;
    if (!parts.results.childElementCount) parts.results.replaceChildren(result(found, first));
    if (opensFirst) parts.results.querySelector("a").click();
    const cards = await Promise.all(best.map(card));
    if (mine !== run) return;
    const focused = document.activeElement?.getAttribute("href");
    parts.results.replaceChildren(...cards.map((one) => result(found, one)));
    parts.results.classList.remove("stale");
    [...parts.results.querySelectorAll("a")].find((link) => link.getAttribute("href") === focused)?.focus();
    tell(found);
  }

  function result(found, { id, title, day, kind, status, owner, service, outcome, verdict, excerpt }) {
    const link = element("a", { class: "title", href: new URL(`changes/${id}.html`, root) }, ...marked(found, title));
    const about = element("span", { class: "about" }, element("time", { datetime: day }, day), element("span", {}, kind));
    for (const name of [service, owner]) if (name) about.append(element("span", {}, ...marked(found, name)));
    if (status !== "shipped") about.append(element("span", { class: `status ${status}` }, status.replace("-", " ")));
    if (outcome) about.append(element("span", { class: `outcome ${verdict}` }, outcome));
    const told = excerpt ? element("p", { class: "excerpt" }, ...marked(found, excerpt)) : "";
    return element("li", { class: `row ${status}` }, link, about, told);
  }

  // A text with the words that were looked for marked.
  function marked(found, text) {
    const pieces = [];
    let end = 0;
    for (const [from, to] of found.marks(text)) {
      pieces.push(text.slice(end, from), element("mark", {}, text.slice(from, to)));
      end = to;
    }
    return [...pieces, text.slice(end)];
  }

  function tell(found) {
    const { count, more, results } = parts;
    const within = found.waiting.length ? ` of the newest ${counted(found.documents, "change")}` : ` of ${counted(found.all, "change")}`;
    const apart = found.isRelaxed ? "Not as one, but in parts: " : "";
    const least = found.looked.every(({ whole }) => whole) ? "" : "at least ";
    count.textContent = found.total ? `${apart}${least}${found.total.toLocaleString("en")}${within}` : "";
    const actions = [];
    if (found.total > results.childElementCount) actions.push(action("Show more", () => continueWith(shown * 2, false)));
    if (found.waiting.length && found.total) actions.push(action("Search older changes", () => continueWith(shown, true)));
    more.replaceChildren(...actions);
    if (!found.total) nothing(found);
  }

  function action(title, act) {
    const made = element("button", { type: "button", class: "search-action" }, title);
    made.addEventListener("click", act);
    return made;
  }

  async function continueWith(most, older) {
    const mine = run += 1;
    const links = parts.results.childElementCount;
    shown = most;
    try {
      await (older ? look(mine) : show(mine, search));
    } catch (error) {
      fail(error);
    }
    // The button may be gone: on to the first result that was not there.
    if (mine === run && !older) parts.results.querySelectorAll("a")[links]?.focus();
    if (mine === run && older) (parts.more.querySelector("button") ?? parts.input).focus();
  }

  function nothing(found) {
    const { count, more, input } = parts;
    if (found.waiting.length) {
      count.textContent = `Nothing found among the newest ${counted(found.documents, "change")}.`;
      more.replaceChildren(action("Search older changes", () => continueWith(shown, true)));
      return;
    }
    count.textContent = `Nothing found in ${counted(found.all, "change")}.`;
    const [fewer, other] = ["Fewer words find more: all of them must match.", "Try the beginning of a word, or another one."];
    const hints = [element("span", {}, found.parts.length > 1 ? fewer : other)];
    if (chosen.length) hints.push(action("Search without the filters", clear));
    const quoted = input.value.trim().replaceAll("'", String.raw`'\''`);
    const command = `shipnote search ${quoted.startsWith("-") ? "-- " : ""}'${quoted}'`;
    hints.push(element("span", {}, "The command line repairs typing errors: ", element("code", {}, command)));
    more.replaceChildren(...hints);
  }

  function welcome(made) {
    parts.count.textContent = made.all ? `${counted(made.all, "change")} to search` : "Nothing is recorded yet.";
    parts.results.replaceChildren();
    parts.results.classList.remove("stale");
    parts.dialog.removeAttribute("aria-busy");
    parts.facets.hidden = true;
    const key = (name) => element("kbd", {}, name);
    const hint = (what, text) => element("span", {}, element("code", {}, what), ` ${text}`);
    parts.more.replaceChildren(
      hint("get_user", "finds getUser too"), hint("src/api.py", "finds a path"),
      hint("owner:oncall", "narrows down: owner, service, kind, tag, year"),
      element("span", { class: "keys" }, key("↑"), key("↓"), " move, ", key("Enter"), " opens, ", key("Esc"), " closes"),
    );
  }

  function clear() {
    chosen = [];
    parts.input.focus();
    begin();
  }

  // The facets are read where they are shown: that takes more than the results themselves.
  async function narrow(mine, found) {
    const { facets, summary } = parts;
    summary.textContent = chosen.length ? `Narrow down (${chosen.length})` : "Narrow down";
    facets.hidden = !found.looked.some((segment) => segment.found.length);
    if (facets.hidden || !facets.open) return;
    const counted = await found.facets();
    if (mine === run) showFacets(found, counted);
  }

  function showFacets(found, { counts, isWhole }) {
    const { facets, groups } = parts;
    const focused = document.activeElement?.dataset?.value;
    const isChosen = (facet, value) => found.filters[found.facetNames.indexOf(facet)].has(value.toLowerCase());
    const made = counts.map(({ facet, values }) => {
      const offered = values.filter(([value], at) => at < VALUES || isChosen(facet, value));
      if (!offered.length || (offered.length === 1 && !isChosen(facet, offered[0][0]))) return "";
      const shown = (count) => `${count.toLocaleString("en")}${isWhole ? "" : "+"}`;
      const buttons = offered.map(([value, count]) => facetButton(facet, value, shown(count), isChosen(facet, value)));
      return element("div", { role: "group", "aria-label": TITLES[facet] }, element("span", { class: "search-facet" }, TITLES[facet]), ...buttons);
    });
    groups.replaceChildren(...made.filter(Boolean));
    facets.hidden = !groups.childElementCount;
    [...groups.querySelectorAll("button")].find((one) => one.dataset.value === focused)?.focus();
  }

  function facetButton(facet, value, count, pressed) {
    const made = element("button", { type: "button", "aria-pressed": String(pressed), "data-value": `${facet}:${value}` },
      element("span", { class: "name" }, value), " ", element("span", { class: "count" }, count));
    made.addEventListener("click", () => {
      const others = chosen.filter((filter) => filter.facet !== facet || filter.value !== value);
      chosen = others.length < chosen.length ? others : [...chosen, { facet, value }];
      begin();
    });
    return made;
  }

  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.target.closest?.("input, textarea, select, [contenteditable]")) return;
    event.preventDefault();
    open();
  });
  if (button) {
    button.addEventListener("click", open);
    button.addEventListener("pointerenter", () => prepare().catch(() => {}), { once: true });
    button.disabled = false;
  }
})();
