/* Works while no page is open: shows notices, opens what they are about, stands in when there is no signal: with a crew's
   own day, where the phone keeps it, else with a page that says so. HOUSE, which the site writes before this, holds
   addresses and the version of the kept files. CACHE holds only what is the same for everybody; a day is one crew
   leader's, is let go after its time, when somebody else signs in, and when its owner signs out. */

const CACHE = `fieldops-${HOUSE.version}`;
const DAY = "fieldops-day-"; // and whose
const PATIENCE_MS = 10_000; // for a page of which the phone has a copy
const FRESH_MS = 30 * 60_000;
const FILES_AT_ONCE = 6; // the reader's own page goes first
const AWAY = [502, 503, 504]; // somebody answers, but not the site

/* ---------------------------------------------------------------- kept files */

async function fill() {
  const cache = await caches.open(CACHE);
  const held = await cache.keys();
  if (held.length > HOUSE.files.length) return;
  await cache.addAll([HOUSE.offline, ...HOUSE.files].map((url) => new Request(url, { cache: "no-cache" })));
}

async function tidy() {
  for (const name of await caches.keys()) {
    if (name.startsWith("fieldops-") && !name.startsWith(DAY) && name !== CACHE) await caches.delete(name);
  }
}

addEventListener("install", (event) => {
  event.waitUntil(fill().then(() => skipWaiting()));
});

addEventListener("activate", (event) => {
  event.waitUntil(Promise.all([tidy(), registration.navigationPreload?.enable(), clients.claim()]));
});

addEventListener("message", (event) => {
  const { data, source } = event;
  if (data === "fill") event.waitUntil(fill());
  else if (data?.of) event.waitUntil(inTurn(() => keepDay(data, source)).catch(() => tell(source, data)));
});

/* ---------------------------------------------------------------- a crew's day */

let turn = Promise.resolve();
let signOuts = 0; // a day that was still on its way when its owner signed out is not kept

/* Two pages that open at once must not fetch the day twice. */
function inTurn(act) {
  turn = turn.catch(() => {}).then(act);
  return turn;
}

/* Returns the days that are still to be kept, one for each crew that one leads: {cache, facts}. */
async function days() {
  const found = [];
  for (const name of await caches.keys()) {
    if (!name.startsWith(DAY)) continue;
    const cache = await caches.open(name);
    const facts = await (await cache.match(HOUSE.day))?.json();
    if (facts && facts.until > Date.now()) found.push({ name, cache, facts });
    else if (facts) await caches.delete(name);
  }
  return found;
}

async function dayCopy(request) {
  for (const { cache } of await days()) {
    const copy = await cache.match(request, { ignoreVary: true });
    if (copy) return { cache, copy };
  }
  return {};
}

async function tell(page, wanted) {
  page?.postMessage({ day: await dayState(wanted) });
}

const nameOf = ({ of, crew }) => `${DAY}${of}-${crew}`;

async function dayState(wanted) {
  const { facts } = (await days()).find(({ name }) => name === nameOf(wanted)) ?? {};
  return facts ? { at: facts.at, stops: facts.stops, missing: facts.missing } : null;
}

/* `of` is who reads, `crew` whose day it is, `url` where it is to be had, `version` what the page names as the day's. */
async function keepDay(wanted, page) {
  const { of, crew, url, version } = wanted;
  for (const name of await caches.keys()) if (name.startsWith(DAY) && !name.startsWith(`${DAY}${of}-`)) await caches.delete(name);
  if (!url) return;
  const name = nameOf({ of, crew });
  const held = (await days()).find((one) => one.name === name);
  const isNew = held?.facts.version !== version || held.facts.house !== HOUSE.version;
  if (!isNew && Date.now() - held.facts.at < FRESH_MS) {
    if (held.facts.missing) await keepFiles(held.cache, held.facts, false);
    await tell(page, wanted);
    return;
  }
  const before = signOuts;
  const answer = await fetch(url, { headers: { Accept: "application/json" }, cache: "no-store" });
  if (!answer.ok || answer.redirected) return;
  const { pages, files, keep_s: keptFor, ...said } = await answer.json();
  if (said.of !== of || signOuts !== before) return;
  if (!Object.keys(pages).length || keptFor <= 0) {
    await caches.delete(name);
    return;
  }
  const cache = await caches.open(name);
  const at = Date.now();
  const facts = { version: said.version, house: HOUSE.version, at, until: at + 1000 * keptFor, stops: said.stops, files, missing: files.length };
  await note(cache, facts); // first, so that what is kept is let go in time whatever happens next
  for (const [address, text] of Object.entries(pages)) await cache.put(address, new Response(text, { headers: heads(answer, at) }));
  if (signOuts !== before) {
    await caches.delete(name);
    return;
  }
  await tell(page, wanted);
  await keepFiles(cache, facts, isNew);
  await letGo(cache, new Set([HOUSE.day, ...Object.keys(pages), ...files]));
  await tell(page, wanted);
}

function note(cache, facts) {
  return cache.put(HOUSE.day, new Response(JSON.stringify(facts)));
}

async function keepFiles(cache, facts, isNew) {
  const { files } = facts;
  facts.missing = files.length;
  for (let begin = 0; begin < files.length; begin += FILES_AT_ONCE) {
    const some = files.slice(begin, begin + FILES_AT_ONCE);
    facts.missing -= (await Promise.all(some.map((file) => keepFile(cache, file, isNew)))).filter(Boolean).length;
  }
  await note(cache, facts);
}

/* The headers of the answer, above all what the page may load and do. */
function heads(answer, at) {
  const all = new Headers(answer.headers);
  for (const name of ["content-length", "content-encoding", "etag"]) all.delete(name);
  all.set("content-type", "text/html; charset=utf-8");
  all.set("date", new Date(at).toUTCString());
  return all;
}

async function keepFile(cache, file, isNew) {
  const isLasting = new URL(file, location.origin).searchParams.has("v") || file.startsWith(HOUSE.photos);
  if ((isLasting || !isNew) && (await cache.match(file))) return true;
  try {
    const answer = await fetch(file);
    if (answer.ok && !answer.redirected) await cache.put(file, answer);
  } catch {
    // asked for again with the next page
  }
  return Boolean(await cache.match(file));
}

async function letGo(cache, wanted) {
  for (const request of await cache.keys()) {
    const { pathname, search } = new URL(request.url);
    if (!wanted.has(pathname + search)) await cache.delete(request);
  }
}

/* A copy says of itself when it was made. */
async function marked(copy) {
  const made = copy.headers.get("date") ?? "";
  const text = (await copy.text()).replace("<html ", `<html data-copy-at="${made}" `);
  return new Response(text, { headers: copy.headers });
}

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
  if (request.method !== "GET") return;
  if (HOUSE.files.includes(url.pathname + url.search)) event.respondWith(file(request, url));
  else if (HOUSE.day_files.some((start) => url.pathname.startsWith(start))) event.respondWith(dayFile(request, url.searchParams.has("v")));
});

async function page(event) {
  const fresh = asked(event);
  fresh.catch(() => {}); // it may fail after a copy was shown
  const { cache, copy } = await dayCopy(event.request);
  if (copy) return fresher(event, fresh, cache, copy);
  try {
    return await fresh;
  } catch (failure) {
    const held = await caches.match(HOUSE.offline, { cacheName: CACHE });
    if (!held) throw failure;
    return held;
  }
}

async function asked(event) {
  return (await event.preloadResponse) ?? (await fetch(event.request));
}

/* The site's page where it comes in time, and the phone's copy is then this one; else the copy. */
async function fresher(event, fresh, cache, copy) {
  const late = new Promise((done) => setTimeout(done, PATIENCE_MS));
  const answer = await Promise.race([fresh, late]).catch(() => undefined);
  if (!answer || AWAY.includes(answer.status)) return marked(copy);
  if (answer.ok && !answer.redirected) event.waitUntil(cache.put(event.request, answer.clone()));
  return answer;
}

/* What a kept page loads. */
async function dayFile(request, isLasting) {
  const { copy } = isLasting ? await dayCopy(request) : {};
  if (copy) return copy;
  try {
    return await fetch(request);
  } catch (failure) {
    const held = (await dayCopy(request)).copy;
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
  signOuts += 1;
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
