/* Photos on the phone: read where and when each was taken, then shrink to 1600 px; the shrunk copy carries no EXIF.
   Without JavaScript the field is a plain upload and the server reads the EXIF itself. */

const LONGEST_PX = 1600;
const QUALITY = 0.82;
const TAKEN = 0x9003; // DateTimeOriginal, the camera's local time: "2026:11:22 11:41:09"

async function read(file) {
  try {
    const { default: exifr } = await import("../../vendor/exifr/dist/mini.esm.js");
    const found = (await exifr.parse(file, { gps: true, exif: [TAKEN], ifd0: false, reviveValues: false })) ?? {};
    return { lat: found.latitude, lon: found.longitude, taken_at: found.DateTimeOriginal ?? found[TAKEN] };
  } catch {
    return {}; // a photo without EXIF is a photo
  }
}

async function shrink(file) {
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  const scale = Math.min(1, LONGEST_PX / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
  if (!blob) throw new Error("the picture cannot be drawn");
  return new File([blob], file.name.replace(/\.\w+$/, "") + ".jpg", { type: "image/jpeg", lastModified: file.lastModified });
}

/* By its first bytes: JPEG, PNG, WebP, HEIC. What is none of them no server takes, and a phone without a signal would
   find out hours later. */
async function isPhoto(file) {
  const start = String.fromCharCode(...new Uint8Array(await file.slice(0, 12).arrayBuffer()));
  return start.startsWith("\xff\xd8\xff") || start.startsWith("\x89PNG") || /^RIFF.{4}WEBP/s.test(start) || start.slice(4, 8) === "ftyp";
}

async function prepare(file) {
  if (!(await isPhoto(file).catch(() => false))) return { file, refused: true };
  const place = await read(file);
  try {
    return { file: await shrink(file), place };
  } catch {
    return { file, place }; // a format this browser cannot draw goes up as it is
  }
}

export default function photo(element) {
  const input = element.querySelector("input[type=file]");
  const shelf = element.querySelector("[data-photos]");
  const told = element.querySelector("[data-told]");
  const most = Number(element.dataset.most || 3);
  const form = input.form;
  let kept = [];
  let preparing = null;

  function show() {
    const files = new DataTransfer();
    shelf.replaceChildren();
    element.querySelectorAll("[data-place]").forEach((one) => one.remove());
    kept.forEach((one, index) => {
      files.items.add(one.file);
      shelf.append(picture(one, index));
      if (element.dataset.position) element.append(...places(one.place));
    });
    input.files = files.files;
    shelf.hidden = kept.length === 0;
  }

  function picture(one, index) {
    const frame = document.createElement("span");
    const image = document.createElement("img");
    const remove = document.createElement("button");
    frame.className = "photo";
    image.src = URL.createObjectURL(one.file);
    image.alt = `${element.dataset.alt} ${index + 1}`;
    image.onload = () => URL.revokeObjectURL(image.src);
    remove.type = "button";
    remove.className = "btn remove";
    remove.setAttribute("aria-label", `${element.dataset.remove} ${index + 1}`);
    remove.append(drawing("close"));
    remove.onclick = () => {
      kept = kept.filter((other) => other !== one);
      show();
      input.focus();
    };
    frame.append(image, remove);
    return frame;
  }

  function drawing(name) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
    svg.setAttribute("class", "i");
    svg.setAttribute("aria-hidden", "true");
    use.setAttribute("href", `${document.body.dataset.icons}#${name}`);
    svg.append(use);
    return svg;
  }

  function places(place) {
    return ["lat", "lon", "taken_at"].map((part) => {
      const field = document.createElement("input");
      field.type = "hidden";
      field.name = `${element.dataset.position}_${part}`;
      field.value = place[part] ?? "";
      field.dataset.place = "";
      return field;
    });
  }

  async function take() {
    const chosen = [...input.files];
    const room = input.multiple ? most - kept.length : 1;
    const prepared = await Promise.all(chosen.slice(0, room).map(prepare));
    const fresh = prepared.filter((one) => !one.refused);
    kept = input.multiple ? [...kept, ...fresh] : fresh.length ? fresh : kept;
    const said = prepared.filter((one) => one.refused).map(({ file }) => element.dataset.noPhoto.replace("{name}", file.name));
    if (chosen.length > room) said.push(element.dataset.tooMany);
    told.hidden = said.length === 0;
    told.textContent = said.join(" ");
    show();
    const placed = kept.find((one) => one.place.lat !== undefined);
    if (placed) element.dispatchEvent(new CustomEvent("photo-placed", { bubbles: true, detail: placed.place }));
  }

  input.addEventListener("change", () => {
    input.setAttribute("aria-busy", "true");
    preparing = take().finally(() => {
      preparing = null;
      input.removeAttribute("aria-busy");
    });
  });

  // Sent while a photo is still being shrunk: wait for it, so that position and file go together.
  form?.addEventListener(
    "submit",
    (event) => {
      if (!preparing) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      const { submitter } = event;
      preparing.then(() => form.requestSubmit(submitter));
    },
    { capture: true },
  );
}
