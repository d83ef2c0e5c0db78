import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Quadrants } from "../../packages/core/src/image/pictures.fixture.ts";

/** The name of the installed program; undefined if it is not installed. */
export const CHROMIUM = ["chromium", "google-chrome", "chromium-browser"].find(
  (name) => spawnSync(name, ["--version"], { stdio: "ignore" }).status === 0,
);

/** Headless, without requests of its own, and able to run as root in a container. */
export const CHROMIUM_FLAGS = [
  ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
  ["--disable-background-networking", "--disable-component-update", "--disable-sync"],
].flat();

/** How to install Chromium; undefined if it is installed. */
export const CHROMIUM_MISSING =
  CHROMIUM === undefined
    ? "Chromium: apt-get install chromium, or brew install chromium"
    : undefined;

/** Reads the colors of the images in a page through a canvas in sRGB. */
const SCRIPT = `onload = () => {
  const seen = [...document.images].map((image) => {
    const { naturalWidth: width, naturalHeight: height } = image;
    if (width === 0) return null;
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    const context = canvas.getContext("2d", { colorSpace: "srgb", willReadFrequently: true });
    context.drawImage(image, 0, 0);
    const at = (x, y) => [...context.getImageData(width * x | 0, height * y | 0, 1, 1).data];
    return [at(0.25, 0.25), at(0.75, 0.25), at(0.25, 0.75), at(0.75, 0.75)];
  });
  document.querySelector("pre").textContent = JSON.stringify(seen);
};`;

/**
 * The colors that Chromium shows in the middle of the four quadrants of images, RGBA; null for an
 * image that it cannot read. One process reads all of them.
 */
export async function chromiumSees(
  pictures: readonly { readonly type: string; readonly file: Buffer }[],
): Promise<(Quadrants | null)[]> {
  const folder = await mkdtemp(join(tmpdir(), "imagefleet-chromium-"));
  try {
    const page = join(folder, "page.html");
    const images = pictures.map(
      ({ type, file }) => `<img src="data:image/${type};base64,${file.toString("base64")}">`,
    );
    await writeFile(page, `${images.join("\n")}<pre></pre><script>${SCRIPT}</script>`);
    const { stdout, stderr } = spawnSync(
      CHROMIUM ?? "chromium",
      [
        ...CHROMIUM_FLAGS,
        "--force-color-profile=srgb",
        `--user-data-dir=${join(folder, "profile")}`,
        "--dump-dom",
        pathToFileURL(page).href,
      ],
      { encoding: "utf8", maxBuffer: 2 ** 28, timeout: 60_000 },
    );
    const found = /<pre>(\[.*\])<\/pre>/s.exec(stdout)?.[1];
    if (found === undefined) throw new Error(`Chromium printed no result: ${stderr.slice(-500)}`);
    return JSON.parse(found);
  } finally {
    // Chromium may still write its profile while it exits.
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}
