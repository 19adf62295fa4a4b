/* What the phone could not send yet: whole forms with their photos, in IndexedDB, in the order they were made.
   A form carries its own key, so sending it twice is harmless. Each belongs to whoever made it: on a phone that goes from
   hand to hand nobody sends, sees or discards another's. The page says whose it is in [data-outbox-of]. */

const NAME = "fieldops-outbox";
const STORE = "reports";

function open() {
  return new Promise((done, fail) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(STORE, { keyPath: "key" });
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => fail(asked.error);
  });
}

async function run(mode, act) {
  const base = await open();
  try {
    return await new Promise((done, fail) => {
      const work = base.transaction(STORE, mode);
      const asked = act(work.objectStore(STORE));
      work.oncomplete = () => done(asked.result);
      work.onerror = work.onabort = () => fail(work.error);
    });
  } finally {
    base.close();
  }
}

function tell() {
  document.dispatchEvent(new CustomEvent("outbox-changed"));
}

const reader = () => document.querySelector("[data-outbox-of]")?.dataset.outboxOf;

export async function keep(report) {
  await run("readwrite", (store) => store.put({ of: reader(), ...report }));
  navigator.storage?.persist?.();
  tell();
}

export async function drop(key) {
  await run("readwrite", (store) => store.delete(key));
  tell();
}

export async function kept() {
  const all = await run("readonly", (store) => store.getAll());
  const own = all.filter(({ of }) => !of || !reader() || of === reader());
  return own.sort((one, other) => one.at.localeCompare(other.at));
}

/** Send one form. Returns {next} when it was taken, {error, field} when it was refused, {later} when it must wait,
    {signIn} when the session has ended: the form is as good as before and goes with the next one. */
export async function send(action, fields, token) {
  const body = new FormData();
  for (const [name, value] of fields) body.append(name, name === "csrf_token" && token ? token : value);
  let answer;
  try {
    answer = await fetch(action, { method: "POST", body, headers: { Accept: "application/json" } });
  } catch {
    return { later: true };
  }
  if (answer.redirected) return { signIn: answer.url };
  const said = await answer.json().catch(() => ({}));
  if (answer.ok && said.next) return said;
  if (said.sign_in) return { signIn: said.sign_in };
  if (said.stale) return { later: true, error: said.error }; // the next page brings a key that fits
  const wait = answer.status >= 500 || answer.status === 429 || answer.status === 408 || !said.error;
  return wait ? { later: true, error: said.error } : said;
}

/** Return the page to sign in at, which leads back to the page that one is on. */
export function signInFrom(address) {
  const url = new URL(address, location.href);
  url.searchParams.set("next", location.pathname + location.search);
  return url.href;
}

let flushing = null;

/** Send everything that waits, oldest first; stops where the net does. Returns {signIn} with the address to sign in at,
    if any, and {taken}: [{action, next}] of what was taken. */
export function flush(token) {
  flushing ??= flushOnce(token).finally(() => {
    flushing = null;
  });
  return flushing;
}

async function flushOnce(token) {
  const taken = [];
  for (const report of await kept()) {
    if (report.refused) continue;
    const said = await send(report.action, report.fields, token);
    if (said.signIn) return { signIn: said.signIn, taken };
    if (said.later) break;
    if (said.next) {
      await drop(report.key);
      taken.push({ action: report.action, next: said.next });
    } else await keep({ ...report, refused: said.error });
  }
  return { taken };
}
