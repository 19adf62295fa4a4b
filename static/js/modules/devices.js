/* Switches notices on for this device: the browser is asked after a tap, never before; what it gives goes to the site.
   Shows the [data-state] that holds: missing, phone (an iPhone's page must be installed first), denied, off, on. */

async function ask(element) {
  const registration = await navigator.serviceWorker.register(element.dataset.worker, { scope: "/" });
  await navigator.serviceWorker.ready;
  return registration.pushManager;
}

async function subscribe(manager, key) {
  const options = { userVisibleOnly: true, applicationServerKey: key };
  try {
    return await manager.subscribe(options);
  } catch (failure) {
    const old = await manager.getSubscription();
    if (!old) throw failure;
    await old.unsubscribe(); // tied to a key that the site no longer has
    return manager.subscribe(options);
  }
}

export default async function devices(element) {
  const { key, url, token, here } = element.dataset;
  const button = element.querySelector("[data-on]");
  const trouble = element.querySelector("[data-trouble]");

  function say(state) {
    for (const part of element.querySelectorAll("[data-state]")) part.hidden = part.dataset.state !== state;
  }

  function fail(words) {
    trouble.hidden = false;
    trouble.querySelector("span").textContent = words;
    button.removeAttribute("aria-busy");
  }

  async function turnOn() {
    trouble.hidden = true;
    button.setAttribute("aria-busy", "true");
    if ((await Notification.requestPermission()) !== "granted") {
      button.removeAttribute("aria-busy");
      say(Notification.permission === "denied" ? "denied" : "off");
      return;
    }
    let given;
    try {
      given = (await subscribe(await ask(element), key)).toJSON();
    } catch {
      fail(element.dataset.unreachable);
      return;
    }
    const body = new FormData();
    for (const [name, value] of Object.entries({ csrf_token: token, endpoint: given.endpoint, ...given.keys })) body.append(name, value);
    try {
      const answer = await fetch(url, { method: "POST", body, headers: { Accept: "application/json" } });
      const said = await answer.json();
      if (answer.ok) location.assign(said.next);
      else fail(said.error);
    } catch {
      fail(element.dataset.offline);
    }
  }

  if (!("serviceWorker" in navigator) || !("PushManager" in window) || !("Notification" in window)) {
    say(/iPhone|iPad/.test(navigator.userAgent) ? "phone" : "missing");
    return;
  }
  button.addEventListener("click", turnOn);
  if (Notification.permission === "denied") {
    say("denied");
    return;
  }
  say(here ? "on" : "off");
  try {
    const subscription = await (await ask(element)).getSubscription();
    if (subscription && !here) await subscription.unsubscribe(); // switched off elsewhere, or somebody else's
    if (!subscription && here) say("off");
  } catch {
    // what the site knows is shown
  }
}
