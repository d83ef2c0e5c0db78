/** The page's style: one column on a phone, as many as fit elsewhere. */
export const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; --line: color-mix(in srgb, currentColor 25%, transparent); --accent: light-dark(#0b5bd3, #7db4ff); }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 80rem; padding: 0 max(1rem, 3vw) 4rem; }
h1 { font-size: 1.25rem; margin: 1.5rem 0 1rem; }
h2 { font-size: 1rem; margin: 2.5rem 0 .75rem; }
ul { list-style: none; margin: 0; padding: 0; }
.drop { align-content: center; border: 2px dashed var(--line); border-radius: .75rem; cursor: pointer; display: grid; gap: .25rem; justify-items: center; min-height: 11rem; padding: 1.5rem; position: relative; text-align: center; }
.drop strong { color: var(--accent); font-size: 1.125rem; }
.drop span { opacity: .75; }
.drop:hover, .drop:focus-within, .drop.over { background: color-mix(in srgb, var(--accent) 8%, transparent); border-color: var(--accent); }
.drop:focus-within { outline: 2px solid var(--accent); outline-offset: 2px; }
.drop input { cursor: pointer; inset: 0; opacity: 0; position: absolute; width: 100%; }
#offline { border: 1px solid; border-radius: .5rem; padding: .5rem .75rem; }
#uploads { display: grid; gap: .5rem; margin-top: 1rem; }
#uploads li { align-items: center; border: 1px solid var(--line); border-radius: .5rem; column-gap: 1rem; display: grid; grid-template-columns: minmax(0, 1fr) auto; padding: .625rem .75rem; }
#uploads b { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
#uploads p { font-size: .875rem; grid-column: 1 / -1; margin: 0; opacity: .8; overflow-wrap: anywhere; }
progress { accent-color: var(--accent); grid-column: 1 / -1; height: .5rem; margin: .375rem 0; width: 100%; }
[data-state=rejected], [data-state=failed] { border-style: dashed !important; }
#images { display: grid; gap: 1.5rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 17rem), 1fr)); }
figure { margin: 0; min-width: 0; }
#images img { border-radius: .5rem; display: block; height: auto; max-height: 70vh; object-fit: cover; width: 100%; }
.without { border: 1px dashed var(--line); border-radius: .5rem; overflow-wrap: anywhere; padding: 1rem; }
figcaption { align-items: center; display: flex; gap: .75rem; justify-content: space-between; padding-top: .5rem; }
figcaption b { font-weight: 500; min-width: 0; overflow-wrap: anywhere; }
button { background: none; border: 1px solid var(--line); border-radius: .375rem; color: inherit; cursor: pointer; font: inherit; font-size: .875rem; min-height: 2.25rem; padding: .25rem .75rem; }
button:hover:enabled { border-color: currentColor; }
button:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
button:disabled { cursor: default; opacity: .5; }
#more { margin-top: 1.5rem; }
.unseen { clip-path: inset(50%); height: 1px; overflow: hidden; position: absolute; white-space: nowrap; width: 1px; }
`.trim();

/** `uploads` and `images` are filled by the script. */
export const BODY = `
<h1>Upload pictures</h1>
<label class="drop"><strong>Choose pictures</strong><span>or drop them here</span><input type="file" id="files" multiple accept="image/*,.heic,.heif,.avif"></label>
<p id="offline" hidden>There is no connection. The uploads go on as soon as there is one.</p>
<p id="said" class="unseen" role="status" aria-live="polite"></p>
<ul id="uploads" aria-label="Uploads"></ul>
<h2 id="list" tabindex="-1">Your pictures</h2>
<p id="none" hidden>There are no pictures yet.</p>
<ul id="images" aria-labelledby="list"></ul>
<button id="more" type="button" hidden>More pictures</button>
`.trim();

/**
 * The page's script, of which a bundle is made.
 *
 * @param client the file of the client, from which the page has `picture`
 * @param upload the file of the client's uploader
 */
export function scriptOf(client: string, upload: string): string {
  return `
import { picture, pictureHtml, placeholder } from ${JSON.stringify(client)};
import { createUploader } from ${JSON.stringify(upload)};

const byId = (id) => document.getElementById(id);
const { api, token, base } = JSON.parse(byId("config").textContent);
const uploader = createUploader({ api, token });
const SIZES = "(min-width: 60rem) 18rem, (min-width: 40rem) 46vw, 94vw";
const FILES_AT_ONCE = 2;

function make(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function say(text) {
  byId("said").textContent = text;
}

/** The preset with the most widths; of several, the one with the largest picture. */
function presetOf({ srcset = {} }) {
  const ranked = Object.entries(srcset).map(([preset, files]) => {
    const widths = files.map(({ width }) => width);
    return { preset, count: new Set(widths).size, most: Math.max(...widths) };
  });
  ranked.sort((a, b) => b.count - a.count || b.most - a.most);
  return ranked[0]?.preset ?? "";
}

const STATES = { awaiting: "Waiting for its renditions", rejected: "Rejected", failed: "Failed" };

/** A picture with its name and a button; of one that is not ready, its state instead. */
function cardOf(image) {
  const name = image.name || image.key.split("/").at(-1);
  const data = picture(image, presetOf(image), { base, sizes: SIZES });
  const shown = make("div", {});
  if (data) shown.innerHTML = pictureHtml(data, { alt: name, placeholder: placeholder(image) });
  else {
    shown.className = "without";
    const why = [image.reason, image.message].filter(Boolean).join(": ");
    shown.textContent = (STATES[image.status] ?? image.status) + (why && ". " + why);
  }
  const remove = make("button", { type: "button", textContent: "Delete", ariaLabel: "Delete " + name });
  const card = make("li", {}, make("figure", {}, shown,
    make("figcaption", {}, make("b", { textContent: name }), remove)));
  card.dataset.state = image.status;
  remove.addEventListener("click", async () => {
    remove.disabled = true;
    try {
      await uploader.remove(image.id);
      // The focus would be lost with the button.
      const next = card.nextElementSibling ?? card.previousElementSibling;
      (next?.querySelector("button") ?? byId("list")).focus();
      card.remove();
      showWhetherEmpty();
      say(name + " is deleted.");
    } catch (error) {
      remove.disabled = false;
      say(name + " is not deleted: " + error.message);
    }
  });
  return card;
}

function showWhetherEmpty() {
  byId("none").hidden = byId("images").childElementCount > 0;
}

let cursor;
async function showPage() {
  const more = byId("more");
  more.disabled = true;
  try {
    const page = await uploader.list(cursor);
    const shown = await Promise.all(page.images.map(({ id }) => uploader.get(id)));
    byId("images").append(...shown.map(cardOf));
    cursor = page.cursor;
    more.hidden = cursor === undefined;
    showWhetherEmpty();
  } catch (error) {
    byId("none").hidden = false;
    byId("none").textContent = "The list cannot be read: " + error.message;
  } finally {
    more.disabled = false;
  }
}

const waiting = [];
let running = 0;

function add(files) {
  for (const file of files) {
    const bar = make("progress", { max: 1, value: 0, ariaLabel: "Progress of " + file.name });
    const state = make("p", { textContent: "Waits for its turn" });
    const stop = make("button", { type: "button", textContent: "Cancel", ariaLabel: "Cancel " + file.name });
    const row = make("li", {}, make("b", { textContent: file.name }), stop, bar, state);
    const abort = new AbortController();
    stop.addEventListener("click", () => {
      abort.abort();
      // The focus would be lost with the button.
      input.focus();
      row.remove();
    });
    row.dataset.state = "queued";
    byId("uploads").append(row);
    waiting.push({ file, bar, state, stop, row, signal: abort.signal });
  }
  say(files.length === 1 ? files[0].name + " is uploaded." : files.length + " pictures are uploaded.");
  while (running < FILES_AT_ONCE && waiting.length > 0) startNext();
}

async function startNext() {
  running += 1;
  const { file, bar, state, stop, row, signal } = waiting.shift();
  const show = (name, text) => {
    row.dataset.state = name;
    state.textContent = text;
  };
  show("uploading", "Uploading");
  try {
    const onProgress = ({ sent, total }) => {
      if (sent < total) {
        bar.value = sent / total;
        show("uploading", "Uploading, " + Math.floor((100 * sent) / total) + "%");
      } else {
        bar.removeAttribute("value");
        show("waiting", STATES.awaiting);
      }
    };
    const image = await uploader.upload(file, { signal, onProgress });
    row.remove();
    byId("images").prepend(cardOf(image));
    showWhetherEmpty();
    say(file.name + " is ready.");
  } catch (error) {
    if (error.code !== "Aborted") {
      bar.remove();
      const reason = error.reason ? error.reason + ": " : "";
      const isRejected = error.code === "Rejected";
      show(isRejected ? "rejected" : "failed", (isRejected ? "Rejected. " : "Failed. ") + reason + error.message);
      Object.assign(stop, { textContent: "Close", ariaLabel: "Close " + file.name });
      say(file.name + ": " + state.textContent);
    }
  }
  running -= 1;
  if (waiting.length > 0) startNext();
}

const input = byId("files");
input.addEventListener("change", () => {
  add([...input.files]);
  input.value = "";
});
const drop = document.querySelector(".drop");
for (const type of ["dragover", "dragleave", "drop"]) {
  addEventListener(type, (event) => {
    event.preventDefault();
    drop.classList.toggle("over", type === "dragover");
    if (type === "drop" && event.dataTransfer.files.length > 0) add([...event.dataTransfer.files]);
  });
}
for (const type of ["online", "offline"]) {
  addEventListener(type, () => {
    byId("offline").hidden = navigator.onLine;
    if (!navigator.onLine) say(byId("offline").textContent);
  });
}
showPage();
`.trim();
}
