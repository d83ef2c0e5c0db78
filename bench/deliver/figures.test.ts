import { expect, it } from "vitest";
import { isMet } from "../runner.ts";
import { type Contestant, requestFor } from "./contestants.ts";
import { aims, type Cell, cpuRatios, type What, withSpread } from "./figures.ts";

/** A cell of turns with this many requests per second; each costs as many ms as the first had. */
function cell(what: What, contestant: Contestant, atOnce: number, ...perSecond: number[]): Cell {
  const [cpuMs = 0] = perSecond;
  const turns = perSecond.map((each) => ({ perSecond: each, cpuMs, s3Ms: 1 }));
  return { what, contestant, atOnce, turns };
}

it("takes the worse of the numbers of viewers, and the ratio of the same round", () => {
  const cells = [
    // A slow second round, for all.
    cell("webp", "imagefleet", 2, 30, 3, 30),
    cell("webp", "next", 2, 10, 1, 10),
    cell("webp", "imagefleet", 8, 15, 15, 15),
    cell("webp", "next", 8, 10, 10, 10),
  ];
  const [bar, ...others] = aims(cells);
  expect(bar).toEqual({ what: "webp per second / next/image", is: 1.5, least: 1.4 });
  expect(others).toEqual([]);
});

it.each([
  ["avif", 2.9, false],
  ["avif", 3, true],
  ["hits", 1.4, false],
  ["hits", 1.5, true],
] as const)("the aim of %s with %d times as many: %s", (what, times, met) => {
  const cells = [cell(what, "imagefleet", 2, times * 10), cell(what, "next", 2, 10)];
  expect(aims(cells).map(isMet)).toEqual([met]);
});

it("has no aim for hits of ipx, for JPEG and without peers", () => {
  expect(aims([cell("hits", "imagefleet", 2, 1), cell("hits", "ipx", 2, 10)])).toEqual([]);
  expect(aims([cell("jpeg", "imagefleet", 2, 1), cell("jpeg", "next", 2, 10)])).toEqual([]);
  expect(aims([cell("webp", "imagefleet", 2, 1), cell("webp", "slow", 2, 10)])).toEqual([]);
});

it("compares CPU time with each peer's", () => {
  const cells = [
    cell("webp", "imagefleet", 2, 10, 20),
    cell("webp", "slow", 2, 15, 20),
    cell("webp", "ipx", 2, 20, 20),
    cell("webp", "next", 8, 1),
  ];
  expect(cpuRatios(cells)).toEqual({ "CPU of webp, 2 viewers: imagefleet / ipx": 0.5 });
});

it("prints the spread with fewer digits for large values", () => {
  expect(withSpread([2, 1, 4])).toBe("2.0 (1.0–4.0)");
  expect(withSpread([2000, 1900.4, 2100])).toBe("2000 (1900–2100)");
});

it("requests the same width of each, and a presigned URL of the peers", () => {
  const source = { key: "1/photo.jpg", url: "http://127.0.0.1:9/b/1/photo.jpg?X-Amz-Date=1&a=b" };
  const url = (each: Contestant) => requestFor(each, "http://127.0.0.1:1", "avif", source).url;
  expect(url("imagefleet")).toBe("http://127.0.0.1:1/hero/1/photo.jpg.avif");
  const escaped = encodeURIComponent(source.url);
  expect(url("ipx")).toBe(`http://127.0.0.1:1/w_640,f_avif,q_58/${escaped}`);
  expect(url("next")).toBe(`http://127.0.0.1:1/_next/image?url=${escaped}&w=640&q=83`);
});
