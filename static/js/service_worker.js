/* Works while no page is open: shows notices, opens what they are about, stands in with a page of its own when there
   is no signal. HOUSE, which the site writes before this, holds addresses and the version of the kept files.
   Nothing private is kept here: only files that are the same for everybody. */

const CACHE = `fieldops-${HOUSE.version}`;

/* ---------------------------------------------------------------- kept files */

async function fill() {
  const cache = await caches.open(CACHE);
  const held = await cache.keys();
  if (held.length > HOUSE.files.length) return;
  await cache.addAll([HOUSE.offline, ...HOUSE.files].map((url) => new Request(url, { cache: "no-cache" })));
}

async function tidy() {
  for (const name of await caches.keys()) {
    if (name.startsWith("fieldops-") && name !== CACHE) await caches.delete(name);
  }
}

addEventListener("install", (event) => {
  event.waitUntil(fill().then(() => skipWaiting()));
});

addEventListener("activate", (event) => {
  event.waitUntil(Promise.all([tidy(), registration.navigationPreload?.enable(), clients.claim()]));
});

addEventListener("message", (event) => {
  if (event.data === "fill") event.waitUntil(fill());
});

/* ---------------------------------------------------------------- pages without a signal */

addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== location.origin) return;
  if (request.mode === "navigate") {
    if (request.method === "POST" && url.pathname === HOUSE.sign_out) event.waitUntil(forget());
    if (request.method === "GET" && HOUSE.rooms.some((room) => url.pathname === room || url.pathname.startsWith(`${room}/`))) {
      event.respondWith(page(event));
    }
    return;
  }
  if (request.method === "GET" && HOUSE.files.includes(url.pathname + url.search)) event.respondWith(file(request, url));
});

async function page(event) {
  try {
    return (await event.preloadResponse) ?? (await fetch(event.request));
  } catch (failure) {
    const held = await caches.match(HOUSE.offline, { cacheName: CACHE });
    if (!held) throw failure;
    return held;
  }
}

/* A file whose address names its version never changes; of the others the newest goes first. */
async function file(request, url) {
  const held = await caches.match(request, { cacheName: CACHE });
  if (url.searchParams.has("v")) return held ?? fetch(request);
  try {
    return await fetch(request);
  } catch (failure) {
    if (!held) throw failure;
    return held;
  }
}

/* Whoever signs out leaves nothing behind on the device: no notices to come, none on the screen, no kept files. */
async function forget() {
  const subscription = await registration.pushManager?.getSubscription();
  await subscription?.unsubscribe();
  for (const shown of await registration.getNotifications()) shown.close();
  for (const name of await caches.keys()) {
    if (name.startsWith("fieldops-")) await caches.delete(name);
  }
}

/* ---------------------------------------------------------------- notices */

addEventListener("push", (event) => {
  event.waitUntil(show(said(event.data)));
});

function said(data) {
  try {
    return data.json() ?? {};
  } catch {
    return {}; // nothing to read is still a notice: a browser takes the right away from a site that shows none
  }
}

async function show({ title, body = "", url = "/", tag = "fieldops", key = "", lang = "" }) {
  const shown = await registration.getNotifications({ tag });
  const isKnown = key !== "" && shown.some((one) => one.data?.key === key);
  await registration.showNotification(title || HOUSE.name, {
    body,
    lang,
    tag,
    icon: HOUSE.icon,
    data: { url, key },
    renotify: !isKnown, // the same news twice, after a crash on the way, ring once
    silent: isKnown,
  });
}

addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data?.url ?? "/"));
});

/* A window that shows it already comes to the front. The list of conversations may be led there; another page may
   hold an answer half written, and stays. */
async function open(path) {
  const wanted = new URL(path, location.origin);
  if (wanted.origin !== location.origin) return;
  const windows = await clients.matchAll({ type: "window", includeUncontrolled: true });
  const at = (pathname) => windows.find((one) => new URL(one.url).pathname === pathname);
  const there = at(wanted.pathname);
  if (there) {
    await there.focus();
    return;
  }
  const list = at(HOUSE.inbox);
  if (list && wanted.pathname.startsWith(HOUSE.inbox)) {
    await list.focus();
    await list.navigate(wanted.href);
    return;
  }
  await clients.openWindow(wanted.href);
}

/* A browser may change its address by itself; the site is told the new one. */
addEventListener("pushsubscriptionchange", (event) => {
  event.waitUntil(renew(event));
});

async function renew({ oldSubscription, newSubscription }) {
  const fresh = newSubscription ?? (await registration.pushManager.subscribe({
    userVisibleOnly: true,
    applicationServerKey: oldSubscription?.options.applicationServerKey ?? (await key()),
  }));
  const { endpoint, keys } = fresh.toJSON();
  await fetch(HOUSE.renew_url, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json" },
    body: JSON.stringify({ endpoint, ...keys }),
  });
}

async function key() {
  return (await (await fetch(HOUSE.key_url)).json()).key;
}
