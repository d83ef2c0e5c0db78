import { expect, it } from "vitest";
import { quadrants, RGB } from "../../pictures.fixture.ts";
import { hasQuarterChroma } from "./chroma.ts";

const FRAMES = [Buffer.of(0xff, 0xc0), Buffer.of(0xff, 0xc2)];

/** Sets the sampling factors of luma, horizontal and vertical. */
function withShare(file: Buffer, share: number): Buffer {
  const copy = Buffer.from(file);
  const frame = Math.max(...FRAMES.map((marker) => copy.indexOf(marker)));
  copy[frame + 11] = share;
  return copy;
}

it("distinguishes 4:2:0 from 4:2:2, 4:4:4, gray and CMYK, progressive or not", async () => {
  const store = (progressive: boolean, chromaSubsampling: string) =>
    quadrants(RGB).jpeg({ progressive, chromaSubsampling }).toBuffer();
  for (const progressive of [false, true]) {
    const quarter = await store(progressive, "4:2:0");
    expect(hasQuarterChroma(quarter)).toBe(true);
    expect(hasQuarterChroma(withShare(quarter, 0x21))).toBe(false);
    expect(hasQuarterChroma(await store(progressive, "4:4:4"))).toBe(false);
    // The head does not contain the frame, so the result is as for full chroma.
    expect(hasQuarterChroma(quarter.subarray(0, 60))).toBe(false);
  }
  expect(hasQuarterChroma(await quadrants(RGB).toColorspace("b-w").jpeg().toBuffer())).toBe(false);
  expect(hasQuarterChroma(await quadrants(RGB).toColorspace("cmyk").jpeg().toBuffer())).toBe(false);
});
