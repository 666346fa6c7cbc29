// The colours the reader chose, before anything is drawn.
"use strict";

try {
  const theme = localStorage.getItem("shipnote-theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Where nothing may be kept, the system decides.
}
