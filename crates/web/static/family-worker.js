// The families' app in the background: shows messages when the page is closed, and keeps the last ones for when there
// is no connection. VERSION, SHELL, KEY and WORDS stand before this text when it is served.
"use strict";

const SHELL_CACHE = `shell-${VERSION}`;
const PAGES = "pages";
const MOST_PAGES = 40;

self.addEventListener("install", (event) => {
  event.waitUntil((async () => {
    const shell = await caches.open(SHELL_CACHE);
    await shell.addAll(SHELL);
    await self.skipWaiting();
  })());
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) {
      if (name.startsWith("shell-") && name !== SHELL_CACHE) await caches.delete(name);
    }
    await self.clients.claim();
  })());
});

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (url.origin !== self.location.origin) return;
  // Whoever signs out leaves nothing behind.
  if (event.request.method === "POST" && url.pathname === "/family/sign-out") {
    event.waitUntil(caches.delete(PAGES));
    return;
  }
  if (event.request.method !== "GET") return;
  if (url.pathname.startsWith("/static/")) event.respondWith(fromShell(event.request));
  else if (event.request.mode === "navigate") event.respondWith(page(event.request, url));
});

async function fromShell(request) {
  return (await caches.match(request)) || fetch(request);
}

// Pages with messages are kept; choices and the record are not, since an old one would mislead.
const isKept = (url) => url.pathname === "/family" || /^\/family\/messages(\/[^/]+)?$/.test(url.pathname);

async function page(request, url) {
  let answer;
  try {
    answer = await fetch(request);
  } catch {
    return (await kept(url)) || (await caches.match("/family/offline")) || Response.error();
  }
  // The session is over: the next reader of this device may be somebody else.
  const at = answer.redirected ? new URL(answer.url).pathname : url.pathname;
  if (at === "/family/sign-in") await caches.delete(PAGES);
  else if (answer.ok && isKept(url)) await keep(url, answer.clone());
  return answer;
}

async function keep(url, answer) {
  const pages = await caches.open(PAGES);
  const headers = new Headers({ "Content-Type": "text/html; charset=utf-8" });
  const policy = answer.headers.get("Content-Security-Policy");
  if (policy) headers.set("Content-Security-Policy", policy);
  headers.set("X-Kept-At", new Date().toISOString());
  await pages.put(url.href, new Response(await answer.text(), { headers }));
  const all = await pages.keys();
  for (const old of all.slice(0, Math.max(0, all.length - MOST_PAGES))) await pages.delete(old);
}

// As it was kept, with a word that it is old.
async function kept(url) {
  const pages = await caches.open(PAGES);
  const found = (await pages.match(url.href)) || (isKept(url) && (await pages.match(new URL("/family", url).href)));
  if (!found) return undefined;
  const text = await found.text();
  return new Response(text.replace("<body ", "<body data-kept "), { headers: found.headers });
}

self.addEventListener("push", (event) => {
  let notice = {};
  try {
    notice = event.data.json();
  } catch {
    // Something must be shown for every message that comes in.
  }
  event.waitUntil(show(notice));
});

async function show(notice) {
  await self.registration.showNotification(notice.title || WORDS.title, {
    body: notice.body || WORDS.body,
    lang: notice.lang || WORDS.lang,
    tag: notice.tag || "schoolbell",
    renotify: true,
    requireInteraction: notice.stay === true,
    icon: WORDS.icon,
    badge: WORDS.badge,
    data: { url: notice.url || "/family", reference: notice.reference },
  });
  await tell(notice.reference, "shown");
}

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const { url, reference } = event.notification.data || {};
  event.waitUntil(Promise.all([open(url || "/family"), tell(reference, "opened")]));
});

async function open(path) {
  const url = new URL(path, self.location.origin);
  if (url.origin !== self.location.origin || !url.pathname.startsWith("/family")) return undefined;
  for (const window of await self.clients.matchAll({ type: "window" })) {
    if (new URL(window.url).pathname === url.pathname) return window.focus();
  }
  return self.clients.openWindow(url.href);
}

async function tell(reference, seen) {
  if (!reference) return;
  await post("/family/app/seen", { reference, seen });
}

// A browser may change its subscription at any time; the message for the old one would get lost.
self.addEventListener("pushsubscriptionchange", (event) => {
  event.waitUntil((async () => {
    const old = event.oldSubscription;
    const fresh = event.newSubscription || (KEY && (await self.registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: KEY })));
    if (!old || !fresh) return;
    const { endpoint, keys } = fresh.toJSON();
    await post("/family/app/renew", { old: old.endpoint, endpoint, key: keys.p256dh, auth: keys.auth });
  })());
});

async function post(path, fields) {
  try {
    await fetch(path, { method: "POST", body: new URLSearchParams(fields) });
  } catch {
    // Without a connection nobody can be told; the page that is opened next sets things right.
  }
}
