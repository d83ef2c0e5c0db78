import { beforeAll, describe, expect, it } from "vitest";
import { Rejection } from "../outcome/index.ts";
import { configureCodec } from "./index.ts";
import {
  CONTAINERS,
  coloursOf,
  detailed,
  farthest,
  fileOf,
  pixelsOf,
  quadrants,
  RGB,
  rendered,
} from "./pictures.fixture.ts";

beforeAll(() => configureCodec({ threads: 2 }));

const formats = [
  ...CONTAINERS,
  ["gif", (picture) => picture.gif({ effort: 1 })],
] satisfies typeof CONTAINERS;

const thumb = { thumb: "20w" };

async function fault(bytes: Uint8Array): Promise<unknown> {
  return rendered(bytes, thumb).then(
    () => "rendered",
    (error: unknown) => error,
  );
}

function expectCorrupt(found: unknown): void {
  expect(found).toBeInstanceOf(Rejection);
  expect(found).toMatchObject({ reason: "SourceCorrupt" });
  const { message } = found instanceof Error ? found : new Error();
  expect(message).not.toMatch(/[\n/]|undefined/);
  expect(message.length).toBeLessThan(250);
}

/** As scanners write it, the directory before the pixels: a cut end leaves the header whole. */
function tiffWithHeadFirst(width: number, height: number): Buffer {
  const tags: readonly (readonly [number, number, number, number])[] = [
    [256, 3, 1, width],
    [257, 3, 1, height],
    [258, 3, 1, 8],
    [259, 3, 1, 1],
    [262, 3, 1, 1],
    [273, 4, 1, 8 + 2 + 9 * 12 + 4],
    [277, 3, 1, 1],
    [278, 4, 1, height],
    [279, 4, 1, width * height],
  ];
  const head = Buffer.alloc(8 + 2 + tags.length * 12 + 4);
  head.write("II*\0\x08\0\0\0", "latin1");
  head.writeUInt16LE(tags.length, 8);
  for (const [at, [tag, type, count, value]] of tags.entries()) {
    const start = 10 + at * 12;
    head.writeUInt16LE(tag, start);
    head.writeUInt16LE(type, start + 2);
    head.writeUInt32LE(count, start + 4);
    head.writeUInt32LE(value, start + 8);
  }
  return Buffer.concat([head, Buffer.alloc(width * height, 90)]);
}

describe("a source that was cut off", () => {
  it.each(formats)("%s", async (_name, store) => {
    const whole = await store(detailed(200, 150)).toBuffer();
    for (const share of [0.1, 0.5, 0.95]) {
      expectCorrupt(await fault(whole.subarray(0, Math.floor(whole.length * share))));
    }
  });

  it("tiff, with its directory first", async () => {
    const whole = tiffWithHeadFirst(200, 150);
    expect(await fault(whole)).toBe("rendered");
    expectCorrupt(await fault(whole.subarray(0, whole.length / 2)));
  });
});

describe("a source with something harmless", () => {
  it.each(formats)("%s with bytes after its end", async (_name, store) => {
    const whole = await store(quadrants(RGB)).toBuffer();
    const longer = Buffer.concat([whole, Buffer.from("appended by a mail server\r\n".repeat(40))]);
    const made = await rendered(longer, { whole: { format: "png" } });
    expect(farthest(coloursOf(await pixelsOf(fileOf(made, "whole"))), RGB)).toBeLessThan(16);
  });

  it("jpeg with stray bytes between two scans", async () => {
    const whole = await quadrants(RGB).jpeg({ progressive: true }).toBuffer();
    const scan = whole.lastIndexOf(Buffer.of(0xff, 0xda));
    const stray = Buffer.concat([whole.subarray(0, scan), Buffer.alloc(9), whole.subarray(scan)]);
    expect(await fault(stray)).toBe("rendered");
  });

  it("jpeg with a colour profile that is none", async () => {
    const whole = await quadrants(RGB).jpeg().toBuffer();
    const profile = Buffer.from(`ICC_PROFILE\0\x01\x01${"not a profile ".repeat(20)}`, "latin1");
    const marker = Buffer.of(0xff, 0xe2, 0, 0);
    marker.writeUInt16BE(profile.length + 2, 2);
    const odd = Buffer.concat([whole.subarray(0, 2), marker, profile, whole.subarray(2)]);
    expect(await fault(odd)).toBe("rendered");
  });
});

describe("damage inside", () => {
  it.each(["png", "interlaced png", "avif"])("%s", async (name) => {
    const store = formats.find(([format]) => format === name)?.[1];
    const whole = (await store?.(detailed(200, 150)).toBuffer()) ?? Buffer.of();
    const hole = Buffer.from(whole).fill(0x55, whole.length >> 1, (whole.length >> 1) + 64);
    expectCorrupt(await fault(hole));
  });
});

it("gives each of many failures at once its own words", async () => {
  const cut = async (name: string) => {
    const store = formats.find(([format]) => format === name)?.[1];
    const whole = (await store?.(detailed(200, 150)).toBuffer()) ?? Buffer.of();
    return whole.subarray(0, Math.floor(whole.length * 0.6));
  };
  const [jpeg, png, webp, good] = await Promise.all([
    cut("jpeg"),
    cut("png"),
    cut("webp"),
    quadrants(RGB).png().toBuffer(),
  ]);
  const rounds = Array.from({ length: 10 }, () => [
    fault(jpeg),
    fault(png),
    fault(webp),
    fault(good),
  ]);
  for (const round of rounds) {
    expect(await Promise.all(round)).toMatchObject([
      {
        message: expect.stringMatching(/^the pixels cannot be read: premature end of JPEG image$/),
      },
      { message: expect.stringMatching(/^the pixels cannot be read: libpng read error$/) },
      {
        message: expect.stringMatching(/^the source begins as webp but .*: unable to parse image$/),
      },
      "rendered",
    ]);
  }
});
