import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { Chance } from "../../model/chance.ts";
import { COLORS, colorOf } from "./color.ts";
import {
  bytesOf,
  type Content,
  MOST_PIXELS,
  REJECTED,
  renditionKeys,
  SMALL_LANE_BYTES,
} from "./content.ts";
import { type Operation, script } from "./script.ts";

const operations = (jobs: number, seed: number): Operation[] => [...script(jobs, new Chance(seed))];

const base: Content = { kind: "picture", side: 12, color: [51, 153, 255], format: "png" };

async function color(bytes: Buffer): Promise<number[]> {
  const { channels } = await sharp(bytes).removeAlpha().toColorspace("srgb").stats();
  return channels.map(({ mean }) => Math.round(mean));
}

describe("contents", () => {
  it.each(["png", "jpeg"] as const)("a picture of one color, as %s", async (format) => {
    const bytes = await bytesOf({ ...base, format });
    expect(await sharp(bytes).metadata()).toMatchObject({ format, width: 12, height: 12 });
    const found = await color(bytes);
    for (const [at, channel] of base.color.entries()) {
      expect(Math.abs(channel - (found[at] ?? 0))).toBeLessThanOrEqual(4);
    }
  });

  it("exceed the small lane's limits by bytes or by pixels", async () => {
    expect((await bytesOf({ ...base, kind: "heavy" })).length).toBeGreaterThan(SMALL_LANE_BYTES);
    const costly = await bytesOf({ ...base, kind: "costly" });
    expect(costly.length).toBeLessThan(SMALL_LANE_BYTES);
    expect(await color(costly)).toEqual([...base.color]);
    const { width = 0 } = await sharp(await bytesOf({ ...base, kind: "tooLarge" })).metadata();
    expect(width ** 2).toBeGreaterThan(MOST_PIXELS);
  });

  it.each(["png", "jpeg"] as const)("a %s that is cut short", async (format) => {
    const bytes = await bytesOf({ ...base, kind: "corrupt", format });
    await expect(sharp(bytes, { failOn: "error" }).raw().toBuffer()).rejects.toThrow();
  });

  it("have one color per version of a key", () => {
    const colors = Array.from({ length: COLORS }, (_, at) => colorOf(at).join());
    expect(new Set(colors).size).toBe(COLORS);
  });

  it.each([
    [6, ["hero-8w"]],
    [12, ["hero-8w", "hero-16w"]],
    [20, ["hero-8w", "hero-16w", "hero-24w"]],
    [40, ["hero-8w", "hero-16w", "hero-24w"]],
  ] as const)("a side of %i px gives %j", (side, labels) => {
    const keys = [...labels.map((label) => `${label}/a/50%25.jpg`), "thumb/a/50%25.png"];
    expect(renditionKeys("a/50%", { ...base, side })).toEqual(keys);
  });
});

describe("the script", () => {
  it("depends only on the seed", () => {
    expect(operations(300, 1)).toEqual(operations(300, 1));
    expect(operations(300, 1)).not.toEqual(operations(300, 2));
  });

  it("contains overwrites, deletes, rejected and large sources", () => {
    const all = operations(2_000, 1);
    const kinds = new Set(all.map((each) => each.content?.kind ?? "delete"));
    for (const kind of ["picture", "heavy", "costly", "delete", ...Object.keys(REJECTED)]) {
      expect(kinds).toContain(kind);
    }
    const perKey = Object.values(Object.groupBy(all, ({ key }) => key));
    expect(perKey.filter((each) => (each?.length ?? 0) > 1).length).toBeGreaterThan(300);
    expect(Math.max(...perKey.map((each) => each?.length ?? 0))).toBeGreaterThan(10);
  });

  it("gives a new content a color that the key has not had", () => {
    const byKey = Object.groupBy(operations(2_000, 3), ({ key }) => key);
    for (const each of Object.values(byKey)) {
      const contents = new Set(each?.flatMap(({ content }) => content ?? []));
      const colors = new Set([...contents].map(({ color: own }) => own.join()));
      expect(colors.size).toBe(contents.size);
    }
  });
});
