// Enhances pages that work without it: a button that copies beside every command.
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
