// What htmx does not do: the token on its posts, live events, the drop area. Every page works without this file.
"use strict";

document.addEventListener("htmx:configRequest", (event) => {
  const token = document.body.dataset.csrf;
  if (token) event.detail.headers["X-CSRF-Token"] = token;
});

// A fragment that could not be fetched says so where people look, once.
document.addEventListener("htmx:sendError", () => say("No connection to Schoolbell. What you see may be old."));

function say(sentence) {
  const place = document.getElementById("said");
  if (place && place.textContent !== sentence) place.textContent = sentence;
}

// An element with data-changed="name name" hears "changed" when one of the names does: at once, then once a second, or as
// often as its data-pause says, in milliseconds.
function listen() {
  const address = document.body.dataset.live;
  if (!address || !window.EventSource) return;
  const source = new EventSource(address);
  const waiting = new Map();
  const told = new Map();
  const hear = (place) => {
    if (waiting.has(place.id)) return;
    const pause = Math.max(0, (told.get(place.id) || 0) + Number(place.dataset.pause || 1000) - Date.now());
    waiting.set(place.id, setTimeout(() => {
      waiting.delete(place.id);
      told.set(place.id, Date.now());
      const now = document.getElementById(place.id);
      if (now) now.dispatchEvent(new CustomEvent("changed", { bubbles: true }));
    }, pause));
  };
  source.addEventListener("changed", (event) => {
    for (const place of document.querySelectorAll("[data-changed]")) {
      const names = place.dataset.changed.split(" ");
      if (event.data === "all" || names.includes(event.data)) hear(place);
    }
  });
  // What changed before the line stood was not heard: what still moved when the page was made looks once; after a break, all.
  let stood = false;
  source.addEventListener("open", () => {
    for (const place of document.querySelectorAll(stood ? "[data-changed]" : "[data-changed][data-moves]")) hear(place);
    stood = true;
  });
  window.addEventListener("pagehide", () => source.close());
}

// What a reader opened stays open when a fragment comes anew.
let open = [];
document.addEventListener("htmx:beforeSwap", () => {
  open = [...document.querySelectorAll("details[id][open]")].map((part) => part.id);
});
document.addEventListener("htmx:afterSettle", () => {
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
});

// What a fragment wants said aloud stands in its data-say; the same sentence is not said twice.
document.addEventListener("htmx:afterSettle", (event) => {
  const place = event.detail.elt.closest("[data-say]") || event.detail.elt.querySelector("[data-say]");
  if (place) say(place.dataset.say);
  watchDrops();
});

function watchDrops() {
  for (const area of document.querySelectorAll(".drop:not([data-ready])")) {
    area.dataset.ready = "yes";
    const input = area.querySelector("input[type=file]");
    const name = area.querySelector("[data-file-name]");
    const show = () => { if (name && input.files.length) name.textContent = input.files[0].name; };
    input.addEventListener("change", show);
    for (const kind of ["dragover", "dragenter"]) {
      area.addEventListener(kind, (event) => { event.preventDefault(); area.classList.add("over"); });
    }
    area.addEventListener("dragleave", () => area.classList.remove("over"));
    area.addEventListener("drop", (event) => {
      event.preventDefault();
      area.classList.remove("over");
      if (event.dataTransfer.files.length) { input.files = event.dataTransfer.files; show(); }
    });
  }
}

// The upload's own progress, told by htmx.
document.addEventListener("htmx:xhr:progress", (event) => {
  const bar = document.querySelector("progress[data-upload]");
  if (!bar || !event.detail.lengthComputable) return;
  bar.hidden = false;
  bar.max = event.detail.total;
  bar.value = event.detail.loaded;
});

// "/" goes to the search field, as people expect; not while they write.
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) return;
  const search = document.querySelector("input[type=search]");
  if (search) { event.preventDefault(); search.focus(); }
});

// Ticks of a list: arrows go from one to the next, Shift takes along what lies between, and the number is told.
for (const form of document.querySelectorAll("[data-ticks]")) {
  const ticks = [...form.querySelectorAll("tbody input[type=checkbox]")];
  const told = form.querySelector("[data-count]");
  let last = 0;
  const tell = () => {
    const count = ticks.filter((tick) => tick.checked).length;
    if (told) told.textContent = count ? `${count} ticked` : "";
  };
  form.addEventListener("click", (event) => {
    const at = ticks.indexOf(event.target);
    if (at < 0) return;
    if (event.shiftKey) {
      for (const tick of ticks.slice(Math.min(at, last), Math.max(at, last) + 1)) tick.checked = ticks[at].checked;
    }
    last = at;
    tell();
  });
  form.addEventListener("keydown", (event) => {
    const at = ticks.indexOf(event.target);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (at < 0 || !step) return;
    event.preventDefault();
    const next = ticks[Math.min(ticks.length - 1, Math.max(0, at + step))];
    if (event.shiftKey) { next.checked = ticks[at].checked; tell(); }
    last = ticks.indexOf(next);
    next.focus();
  });
  tell();
}

for (const button of document.querySelectorAll("[data-print]")) {
  button.addEventListener("click", () => window.print());
}

const problems = document.getElementById("problems");
if (problems) problems.focus();

listen();
watchDrops();
