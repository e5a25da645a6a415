/* The phone's worker: asks the network first and shows what it kept when there is none. Version {version}. */
"use strict";
const SHELF = "cc-phone-{version}";
const PATIENCE_MS = 4000;
/* What the page needs to draw itself; its data are kept by the page (assets/view-phone-keep.js), never here. */
const FRESH = ["/m/_dash-layout", "/m/_dash-dependencies", "/m/manifest.webmanifest"];
const KEPT = ["/m/_dash-component-suites/", "/m/assets/", "/assets/", "/basemap/"];

/* A new version takes over at once: pages ask the network first, so none is bound to an old worker. */
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil((async () => {
  for (const name of await caches.keys()) if (name.startsWith("cc-phone-") && name !== SHELF) await caches.delete(name);
  await self.clients.claim();
})()));

/* What the page loaded before this worker was there; mostly out of the browser's own cache. */
self.addEventListener("message", (event) => event.waitUntil((async () => {
  const shelf = await caches.open(SHELF);
  for (const path of event.data.keep) {
    const { pathname } = new URL(path, self.location.origin);
    const fresh = pathname === "/m/" || FRESH.includes(pathname);
    if (!(fresh || KEPT.some((start) => pathname.startsWith(start))) || (await shelf.match(fresh ? pathname : path))) continue;
    try {
      await keep(fresh ? pathname : path, await fetch(path, { cache: fresh ? "default" : "force-cache" }));
    } catch (error) {
      return; // no connection: the next visit keeps the rest
    }
  }
})()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin || request.headers.has("range")) return;
  if (request.mode === "navigate" && url.pathname === "/m/") event.respondWith(networkFirst(event, "/m/"));
  else if (FRESH.includes(url.pathname)) event.respondWith(networkFirst(event, url.pathname));
  else if (KEPT.some((path) => url.pathname.startsWith(path))) event.respondWith(keptFirst(event, url));
});

async function keep(key, answer) {
  if (answer.ok && answer.type === "basic" && !answer.redirected) await (await caches.open(SHELF)).put(key, answer);
}

async function networkFirst(event, key) {
  const kept = await caches.match(key, { cacheName: SHELF });
  const asked = fetch(event.request).then((answer) => { event.waitUntil(keep(key, answer.clone())); return answer; });
  if (!kept) return asked;
  const late = new Promise((resolve) => setTimeout(() => resolve(kept), PATIENCE_MS));
  return Promise.race([asked.then((answer) => (answer.status >= 500 ? kept : answer), () => kept), late]);
}

/* Names with a fingerprint never change; the base map may, so what is kept is shown and looked for again. */
async function keptFirst(event, url) {
  const kept = await caches.match(event.request, { cacheName: SHELF });
  const ask = () => fetch(event.request).then((answer) => { event.waitUntil(keep(event.request, answer.clone())); return answer; });
  if (!kept) return ask();
  if (url.pathname.startsWith("/basemap/")) event.waitUntil(ask().catch(() => undefined));
  return kept;
}
