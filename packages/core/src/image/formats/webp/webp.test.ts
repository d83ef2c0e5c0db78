import { expect, it } from "vitest";
import { animationOf, quadrants, RGB } from "../../pictures.fixture.ts";
import { mayBeLossless } from "./lossless.ts";

const CLEAR = [
  [220, 40, 40, 255],
  [40, 180, 60, 128],
  [40, 60, 200, 0],
  [230, 210, 50, 255],
] as const;

it.each([
  ["with lossy compression", quadrants(RGB).webp(), false],
  ["with lossy compression and alpha", quadrants(CLEAR).webp(), false],
  ["with lossy compression and a profile", quadrants(RGB).withIccProfile("p3").webp(), false],
  ["with lossless compression", quadrants(RGB).webp({ lossless: true }), true],
  [
    "with lossless compression and a profile",
    quadrants(RGB).withIccProfile("p3").webp({ lossless: true }),
    true,
  ],
])("recognizes a WebP %s", async (_name, picture, lossless) => {
  expect(mayBeLossless(await picture.toBuffer())).toBe(lossless);
});

it("classifies an animation by its first frame", async () => {
  const animated = await animationOf(quadrants(RGB), quadrants(RGB).negate());
  expect(mayBeLossless(await animated.clone().webp().toBuffer())).toBe(false);
  expect(mayBeLossless(await animated.clone().webp({ lossless: true }).toBuffer())).toBe(true);
});

it("assumes lossless compression if the head is too short", async () => {
  const file = await quadrants(RGB).withIccProfile("p3").webp().toBuffer();
  for (const seen of [0, 12, 20, 40, 200]) expect(mayBeLossless(file.subarray(0, seen))).toBe(true);
});
