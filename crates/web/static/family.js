// The families' pages as an app: the worker, and on its page the switch for notifications.
"use strict";

const worker = "serviceWorker" in navigator
  ? navigator.serviceWorker.register("/family/worker.js", { scope: "/family", updateViaCache: "none" }).then(() => navigator.serviceWorker.ready).catch(() => undefined)
  : Promise.resolve(undefined);
const key = document.body.dataset.push || "";

async function keepDevice(subscription) {
  const { endpoint, keys } = subscription.toJSON();
  const answer = await fetch("/family/app/devices", {
    method: "POST",
    headers: { "X-CSRF-Token": document.body.dataset.csrf },
    body: new URLSearchParams({ endpoint, key: keys.p256dh, auth: keys.auth }),
  });
  if (!answer.ok) throw new Error(String(answer.status));
}

// What the browser has is what the school must have: a subscription may have changed while nothing was open.
async function agree() {
  const registration = await worker;
  if (!registration || !registration.pushManager || !key) return undefined;
  const subscription = await registration.pushManager.getSubscription();
  if (subscription && Notification.permission === "granted") await keepDevice(subscription);
  return subscription;
}

function state() {
  if (!("Notification" in window) || !("PushManager" in window)) return "never";
  return Notification.permission === "denied" ? "denied" : "ask";
}

async function appPage(place) {
  const say = (name) => {
    for (const part of place.querySelectorAll("[data-when]")) part.hidden = part.dataset.when !== name;
  };
  const subscription = await agree().catch(() => undefined);
  say(subscription ? "on" : state());
  place.querySelector("[data-turn-on]")?.addEventListener("click", async () => {
    try {
      if ((await Notification.requestPermission()) !== "granted") return say(state());
      const registration = await worker;
      await keepDevice(await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key }));
      say("on");
      location.reload();
    } catch {
      say("failed");
    }
  });
}

// The cards of "How we reach you": a switch saves as it is pressed, one after the other. Without this a button does.
let turn = Promise.resolve();

function swap(path, body) {
  const headers = { "HX-Request": "true", "X-CSRF-Token": document.body.dataset.csrf };
  turn = turn.then(async () => {
    const answer = await fetch(path, body ? { method: "POST", headers, body } : { headers: {} });
    const elsewhere = answer.headers.get("HX-Redirect");
    if (elsewhere) return location.assign(elsewhere);
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("ways");
    if (!fresh) return location.reload();
    const old = document.getElementById("ways");
    const focus = document.activeElement && document.activeElement.id;
    const open = [...old.querySelectorAll("details[id][open]")].map((part) => part.id);
    old.replaceWith(document.adoptNode(fresh));
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    if (focus) document.getElementById(focus)?.focus({ preventScroll: true });
    if (fresh.dataset.say) say(fresh.dataset.say);
  }).catch(() => say(document.body.dataset.lost));
}

document.addEventListener("change", (event) => {
  const form = event.target.closest("#ways form[data-save]");
  if (form) swap(form.action, new URLSearchParams(new FormData(form)));
});
document.addEventListener("submit", (event) => {
  const form = event.target.closest("#ways form");
  if (!form) return;
  event.preventDefault();
  swap(form.action, new URLSearchParams(new FormData(form, event.submitter)));
});
document.addEventListener("changed", (event) => {
  if (event.target.dataset.refresh) swap(event.target.dataset.refresh);
});

// Offered where this browser can.
if (window.PublicKeyCredential) for (const offer of document.querySelectorAll("[data-can-passkey]")) offer.hidden = false;

// Chrome asks once; the button asks when the reader does.
window.addEventListener("beforeinstallprompt", (event) => {
  const button = document.querySelector("[data-install]");
  if (!button) return;
  event.preventDefault();
  button.hidden = false;
  button.addEventListener("click", () => event.prompt(), { once: true });
});

const place = document.getElementById("notifications");
if (place) appPage(place);
else if (document.body.dataset.csrf) agree().catch(() => undefined);
