import sharp from "sharp";
import { expect, it } from "vitest";
import { drawFront, frontOf } from "./front.ts";

const small = { name: "AVIF effort 0", ratio: 0.7, cpuMs: 20 };
const fast = { name: "JPEG", ratio: 1, cpuMs: 4 };
const slow = { name: "JPEG mozjpeg", ratio: 0.9, cpuMs: 25 };

it("the front contains the points to which no other is better in both", () => {
  expect(frontOf([fast, slow, small])).toEqual([small, fast]);
  expect(frontOf([{ ...small, ratio: 0.8 }, small, { ...small, cpuMs: 21 }])).toEqual([small]);
  expect(frontOf([fast, { ...fast }])).toHaveLength(2);
});

it("the drawing is an image with every name", async () => {
  const svg = drawFront("Encoders", [{ heading: "photos", points: [fast, slow, small] }]);
  for (const { name } of [fast, slow, small]) expect(svg).toContain(`>${name}</text>`);
  expect(await sharp(Buffer.from(svg)).metadata()).toMatchObject({ format: "svg", width: 1360 });
});
