import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { configureCodec, probe } from "../index.ts";
import {
  colorsOf,
  farthest,
  pictureOf,
  quadrants,
  RGB,
  rendered,
  rules,
  WAYS,
} from "../pictures.fixture.ts";

beforeAll(() => configureCodec({ threads: 2 }));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "svg-"));
});
afterEach(() => rm(folder, { recursive: true }));

const allowed = { source: { svg: true } };
const svg = (inside: string, size = 'width="24" height="16"') =>
  Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" ${size}>${inside}</svg>`,
  );
const FOUR = RGB.map(
  (color, at) =>
    `<rect x="${(at % 2) * 12}" y="${at < 2 ? 0 : 8}" width="12" height="8" fill="rgb(${color})"/>`,
).join("");

function wholeOf(source: Parameters<typeof rendered>[0]) {
  const presets = { whole: { format: "png", size: "24w" } } as const;
  return rendered(source, presets, Infinity, allowed).then((made) => pictureOf(made, "whole"));
}

describe("an SVG", () => {
  it("is read only if the recipe allows it", async () => {
    const input = { kind: "bytes", bytes: svg(FOUR) } as const;
    await expect(probe(input, rules(1e6))).rejects.toMatchObject({
      reason: "SourceUnsupported",
      message: expect.stringContaining("source: { svg: true }"),
    });
    await expect(probe(input, rules(1e6, { svg: true }))).resolves.toMatchObject({
      format: "svg",
      width: 24,
      height: 16,
    });
  });

  it.each(WAYS)(
    "is drawn at the size of the largest preset, with sharp edges, %s",
    async (_name, budget) => {
      const presets = {
        large: { size: "960w", format: "png" },
        small: { size: "48x48", fit: "cover", format: "png" },
      } as const;
      const made = await rendered(svg(FOUR), presets, budget, allowed);
      const large = await pictureOf(made, "large");
      expect([large.width, large.height]).toEqual([960, 640]);
      expect(farthest(colorsOf(large), RGB)).toBeLessThan(2);
      // The px beside the middle has one color. An enlarged 24 px image would blur 20 px of it.
      const start = (160 * 960 + 476) * large.channels;
      expect([...large.data.subarray(start, start + 3)]).toEqual(RGB[0]);
      expect(made.get("small")).toMatchObject({ width: 48, height: 48 });
    },
  );

  it("cannot load anything from outside itself", async () => {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url ?? "");
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const address = server.address();
      const port = typeof address === "object" ? address?.port : undefined;
      const secret = join(folder, "secret.png");
      await writeFile(secret, await quadrants(RGB).png().toBuffer());
      const text = join(folder, "secret.txt");
      await writeFile(text, "secret");
      const path = join(folder, "a.svg");
      for (const target of [
        pathToFileURL(secret).href,
        secret,
        "secret.png",
        "./secret.png",
        `http://127.0.0.1:${port}/a.png`,
      ]) {
        const bytes = svg(
          `<image href="${target}" xlink:href="${target}" width="24" height="16"/>
           <style>@import url("${target}");</style>`,
        );
        await writeFile(path, bytes);
        for (const input of [bytes, { kind: "file", path } as const]) {
          const { data } = await wholeOf(input);
          expect(data.every((value) => value === 0)).toBe(true);
        }
      }
      const entity = Buffer.from(
        `<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x SYSTEM "${pathToFileURL(text).href}">]>${svg("<text y='12'>&x;</text>")}`,
      );
      const made = await wholeOf(entity).catch((error: unknown) => error);
      if (made instanceof Error) expect(made).toMatchObject({ reason: "SourceCorrupt" });
      else
        expect(made).toMatchObject({
          data: expect.toSatisfy((d: Buffer) => d.every((v) => v === 0)),
        });
      expect(asked).toEqual([]);
    } finally {
      server.close();
    }
  });

  it("shows an embedded image", async () => {
    const png = (await quadrants(RGB).png().toBuffer()).toString("base64");
    const found = await wholeOf(
      svg(`<image href="data:image/png;base64,${png}" width="24" height="16"/>`),
    );
    expect(found.data.some((value) => value !== 0)).toBe(true);
  });

  it.each([
    ["a huge size", svg(FOUR, 'width="1000000" height="1000000"'), "SourceTooLarge"],
    ["a huge view box", svg(FOUR, 'viewBox="0 0 500000 500000"'), "SourceTooLarge"],
    ["more bytes than the limit", svg(" ".repeat(17 * 2 ** 20)), "SourceTooLarge"],
    ["neither a size nor an end", svg(FOUR).subarray(0, -20), "SourceCorrupt"],
  ])("with %s is rejected", async (_name, bytes, reason) => {
    await expect(wholeOf(bytes)).rejects.toMatchObject({ reason });
  });

  it("is rejected if its filters would take longer than limits.seconds", async () => {
    const filter = (inside: string, use: string) =>
      svg(`<filter id="f">${inside}</filter>${use}`, 'width="2000" height="2000"');
    const square = '<rect width="9" height="9" filter="url(#f)"/>';
    const matrix = `<feConvolveMatrix order="100" kernelMatrix="${"1 ".repeat(10_000)}"/>`;
    const blur = '<feGaussianBlur stdDeviation="2"/>';
    const copies = `<g id="a" style="filter:url(#f)"/>${'<use href="#a"/>'.repeat(300)}`;
    const styled = `<style>rect{filter:url(#f)}</style>${"<rect/>".repeat(300)}`;
    for (const bytes of [
      filter(matrix, square),
      filter('<feMorphology radius="90"/>'.repeat(20), square),
      filter(blur.repeat(9), copies),
      filter(blur.repeat(9), styled),
    ]) {
      await expect(wholeOf(bytes)).rejects.toMatchObject({
        reason: "SourceTooLarge",
        message: expect.stringMatching(/filters would take about \d+ s .* limits.seconds is 300$/),
      });
    }
    // A drawing with typical shadows.
    const shadow = '<feOffset dx="1"/><feGaussianBlur stdDeviation="2"/><feBlend in2="x"/>';
    await expect(wholeOf(filter(shadow, square.repeat(20)))).resolves.toBeDefined();
  });

  it.each([
    [
      "nested entities",
      Buffer.from(
        `<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a0 "<rect width='9' height='9'/>">${Array.from(
          { length: 12 },
          (_, at) => `<!ENTITY a${at + 1} "${`&a${at};`.repeat(10)}">`,
        ).join("")}]>${svg("&a12;")}`,
      ),
    ],
    [
      "nested uses",
      svg(
        `<defs><g id="u0"><rect width="9" height="9"/></g>${Array.from(
          { length: 12 },
          (_, at) => `<g id="u${at + 1}">${`<use href="#u${at}"/>`.repeat(10)}</g>`,
        ).join("")}</defs><use href="#u12"/>`,
      ),
    ],
  ])("with %s terminates", { timeout: 120_000 }, async (_name, bytes) => {
    const before = process.memoryUsage().rss;
    await wholeOf(bytes).catch((error: unknown) =>
      expect(error).toMatchObject({ reason: expect.stringMatching(/^Source|^TimedOut/) }),
    );
    expect(process.memoryUsage().rss - before).toBeLessThan(300 * 2 ** 20);
  });
});
