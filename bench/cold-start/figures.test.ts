import { expect, it } from "vitest";
import { figuresOf } from "./figures.ts";

const starts = (...ms: number[]) => ms.map((wallMs) => ({ wallMs, cpuMs: wallMs * 1.2 }));
const others = { functionFiles: starts(400), bareFiles: starts(200), nothing: starts(1) };

it("holds a start against the bare one of the same round", () => {
  const bare = starts(100, 200, 100);
  const found = figuresOf({ function: starts(140, 280, 140), bare, ...others });
  expect(found).toMatchObject({ ratio: 1.4, filesRatio: 2, met: true });
  expect(found.wallMs.function).toBe(140);
  expect(found.cpuMs.bare).toBe(120);
});

it("misses by the ratio as well as by the time", () => {
  expect(figuresOf({ function: starts(160), bare: starts(100), ...others }).met).toBe(false);
  expect(figuresOf({ function: starts(260), bare: starts(250), ...others }).met).toBe(false);
});

it("takes the ratio of CPU times: waiting for a busy machine is nobody's", () => {
  const waited = [{ wallMs: 240, cpuMs: 120 }];
  expect(figuresOf({ function: waited, bare: starts(100), ...others })).toMatchObject({
    ratio: 1,
    met: true,
  });
});
