import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { REBOUND, runInBrowser } from "../aws/fixtures/browser.ts";
import { hasChromium } from "../aws/fixtures/chromium.ts";
import { getRaw } from "../edge/fixtures/edge.ts";
import { type Fleet, startFleet } from "../fleet/index.ts";
import { PICTURES } from "../samples/pictures.ts";
import { type Device, Page } from "./fixtures/chromium.ts";
import { GALLERY } from "./index.ts";

const ODD = `a "b"<i>&amp;'+%20.jpg`;
const PHONE = { width: 390, height: 844, deviceScaleFactor: 3, mobile: true } as const;
const DESKTOP = { width: 1280, height: 900, deviceScaleFactor: 1, mobile: false } as const;

let folder: string;
let fleet: Fleet;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "imagefleet-gallery-"));
  const presets = {
    thumb: { size: "150x150", fit: "cover" },
    hero: { widths: [320, 640, 1280], formats: ["avif", "webp", "jpeg"], when: "request" },
  };
  await writeFile(join(folder, "recipe.mjs"), `export default ${JSON.stringify({ presets })};`);
  fleet = await startFleet({
    dataDir: join(folder, "data"),
    port: 0,
    recipe: pathToFileURL(join(folder, "recipe.mjs")),
  });
  const file = join(folder, "picture");
  for (const name of ["dahlia-progressive.jpg", "night-city.webp", "sticker.png"] as const) {
    await writeFile(file, await (await PICTURES[name]()).toBuffer());
    await fleet.upload(name, file);
  }
  const plain = { width: 300, height: 200, channels: 3, background: "#a63" } as const;
  await sharp({ create: plain }).jpeg().toFile(file);
  await fleet.upload(ODD, file);
  await writeFile(file, "this is no picture");
  await fleet.upload("text.jpg", file);
  await fleet.idle();
}, 120_000);
afterAll(async () => {
  await fleet.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Checks that something is seen, and keeps it for people in the folder that a variable names. */
async function keepScreenshot(page: Page, name: string): Promise<void> {
  const dir = process.env["IMAGEFLEET_SCREENSHOTS"];
  const png = await page.screenshot();
  if (dir !== undefined) {
    await mkdir(dir, { recursive: true });
    await writeFile(join(dir, `${name}.png`), png);
  }
  expect((await sharp(png).stats()).entropy).toBeGreaterThan(0.2);
}

/** Scrolls to each image, so that lazy ones are loaded, and reports them. */
const IMAGES = `Promise.all([...document.images].map(async (image) => {
  image.loading = "eager";
  await image.decode();
  const { naturalWidth, currentSrc, clientWidth } = image;
  const stretch = clientWidth / image.clientHeight / (naturalWidth / image.naturalHeight);
  return { naturalWidth, clientWidth, stretch, name: currentSrc.split("/").slice(3).join("/") };
}))`;

const NO_PLACEHOLDERS = `[...document.images].every(({ style }) => style.background === "none")`;

test("the page lists each picture with its negotiated addresses, and escapes keys", async () => {
  const got = await getRaw(fleet.edge.url, GALLERY);
  expect([got.status, got.headers["content-type"]]).toEqual([200, "text/html; charset=utf-8"]);
  expect(got.body).toContain("<b>a &quot;b&quot;&lt;i>&amp;amp;'+%20.jpg</b>");
  expect(got.body).toMatch(/<p>SourceUnsupported: \w.+<\/p>/);
  expect(got.body.match(/<picture>/g)).toHaveLength(4);
  const links = [...got.body.matchAll(/href="([^"]*)"/g)].map(([, href = ""]) => href);
  // A thumb and three widths of each; the small one has only its own.
  expect(links).toHaveLength(3 * 4 + 2);
  for (const href of links) {
    const linked = await getRaw(fleet.edge.url, href, { headers: { accept: "image/avif" } });
    expect([href, linked.status, linked.headers["vary"]]).toEqual([href, 200, "Accept"]);
    expect([href, linked.headers["cache-control"]]).toEqual([
      href,
      "public, max-age=31536000, immutable",
    ]);
  }
}, 120_000);

test.runIf(hasChromium).each<[string, Device]>([
  ["phone", PHONE],
  ["desktop", DESKTOP],
])(
  "on a %s all pictures are shown in AVIF, and the page is not wider than it",
  async (name, device) => {
    const page = await Page.open(device);
    await page.goto(fleet.edge.url + GALLERY);
    await page.evaluate(IMAGES);
    await expect.poll(() => page.evaluate(NO_PLACEHOLDERS)).toBe(true);
    const images = await page.evaluate(IMAGES);
    const widest = name === "phone" ? 1280 : 640;
    expect(images).toHaveLength(4);
    for (const image of Object.values(Object(images))) {
      expect(image).toMatchObject({
        name: expect.stringMatching(/^hero-\d+w\/.*\.avif\?v=[0-9a-f]{8}$/),
      });
      const { naturalWidth, clientWidth, stretch } = Object(image);
      expect(stretch).toBeCloseTo(1, 1);
      expect(naturalWidth).toBeLessThanOrEqual(widest);
      expect(clientWidth).toBeGreaterThan(200);
    }
    const width = await page.evaluate("document.documentElement.scrollWidth");
    expect(width).toBeLessThanOrEqual(device.width);
    await keepScreenshot(page, name);
  },
  120_000,
);

test.runIf(hasChromium)(
  "on a slow network the placeholders keep the layout",
  async () => {
    const page = await Page.open({ ...PHONE, bytesPerSecond: 4_000 });
    await page.goto(fleet.edge.url + GALLERY, "DOMContentLoaded");
    const SHAPES = `[...document.images].map(({ complete, clientWidth, clientHeight, style }) =>
    ({ complete, shape: (clientWidth / clientHeight).toFixed(2), drawn: style.background.includes("data:image/png") }))`;
    const before = await page.evaluate(SHAPES);
    // The one of a single color has few bytes.
    const missing = Object.values(Object(before)).filter((each) => !Object(each).complete);
    expect(missing.length).toBeGreaterThanOrEqual(3);
    for (const each of missing) expect(each).toMatchObject({ drawn: true });
    await keepScreenshot(page, "phone-slow");
    const whole = await Page.open(PHONE);
    await whole.goto(fleet.edge.url + GALLERY);
    await whole.evaluate(IMAGES);
    const shapes = (seen: unknown) => Object.values(Object(seen)).map((each) => Object(each).shape);
    expect(shapes(await whole.evaluate(SHAPES))).toEqual(shapes(before));
  },
  120_000,
);

test.runIf(hasChromium)(
  "a page of another site cannot show a picture, nor read the page",
  async () => {
    const { url } = fleet.edge;
    const script = `
    const shown = (src) => new Promise((resolve) => {
      const image = new Image();
      image.onload = () => resolve("shown");
      image.onerror = () => resolve("refused");
      image.src = src;
    });
    const read = await fetch("${url}${GALLERY}").then((got) => got.text(), () => "refused");
    const blind = await fetch("${url}/2020-05-31/distribution/LOCAL/invalidation", {
      method: "POST", mode: "no-cors", body: "<InvalidationBatch/>" }).then(() => "sent", () => "refused");
    return { picture: await shown("${url}/thumb/sticker.png.webp"), read, blind };`;
    const seen = await runInBrowser(REBOUND, url, script);
    expect(seen).toEqual({ picture: "refused", read: "refused", blind: "sent" });
    const local = await runInBrowser("127.0.0.1", url, script);
    expect(local).toMatchObject({ picture: "shown", read: "refused" });
  },
  60_000,
);
