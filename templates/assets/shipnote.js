// Enhances pages that work without it: buttons that copy commands, a filter for long lists, a switch for the colours.
"use strict";

for (const command of document.querySelectorAll("pre.command")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = "Copy";
  button.setAttribute("aria-label", "Copy the command");
  button.addEventListener("click", async () => {
    const copied = await copy(command.querySelector("code").textContent);
    button.textContent = copied ? "Copied" : "Press Ctrl+C";
    if (!copied) select(command.querySelector("code"));
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
  const holder = document.createElement("div");
  holder.className = "copyable";
  command.replaceWith(holder);
  holder.append(command, button);
}

// Browsers give the clipboard to secure pages only; a page from a folder or from plain HTTP uses the older way.
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "offscreen";
    document.body.append(area);
    area.select();
    const copied = document.execCommand("copy");
    area.remove();
    return copied;
  }
}

function select(element) {
  const range = document.createRange();
  range.selectNodeContents(element);
  getSelection().removeAllRanges();
  getSelection().addRange(range);
}

// A long list can be narrowed to the entries that have every word.
const lists = document.querySelectorAll("main .entries.wide, main .list .rows, main.list .rows, main.folder .rows");
const entries = [...lists].flatMap((list) => [...list.children]);
if (entries.length > 10) {
  const label = document.createElement("label");
  label.className = "filter";
  label.textContent = "Filter this page";
  const input = document.createElement("input");
  input.type = "search";
  label.append(input);
  lists[0].closest("section, main > *").before(label);
  const texts = entries.map((entry) => `${entry.closest(".file")?.getAttribute("aria-label") ?? ""} ${entry.textContent}`.toLowerCase());
  input.addEventListener("input", () => {
    const words = input.value.toLowerCase().split(/\s+/);
    entries.forEach((entry, n) => { entry.hidden = !words.every((word) => texts[n].includes(word)); });
    for (const list of lists) {
      const section = list.closest("section");
      if (section) section.hidden = [...list.children].every((entry) => entry.hidden);
    }
  });
}

// Light, dark, or as the system has it.
{
  const root = document.documentElement;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "plain";
  const isDark = () => (root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const name = () => { button.textContent = isDark() ? "Light colours" : "Dark colours"; };
  button.addEventListener("click", () => {
    const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
    const wanted = isDark() ? "light" : "dark";
    if (wanted === system) delete root.dataset.theme;
    else root.dataset.theme = wanted;
    try {
      if (wanted === system) localStorage.removeItem("shipnote-theme");
      else localStorage.setItem("shipnote-theme", wanted);
    } catch {
      // It holds for this page then.
    }
    name();
  });
  name();
  document.querySelector("footer .links")?.append(button);
}

// A page does not know how old it is when it is read: what was verified long ago says little of today.
for (const evidence of document.querySelectorAll("[data-verified]")) {
  const days = Math.floor((Date.now() - Date.parse(evidence.dataset.verified)) / 86400000);
  if (days <= Number(evidence.dataset.staleDays)) continue;
  const stale = document.createElement("span");
  stale.className = "state stale";
  stale.textContent = `stale: ${days} days ago`;
  evidence.append(" ", stale);
}
