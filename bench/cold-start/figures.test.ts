import { expect, it } from "vitest";
import { isMet } from "../runner.ts";
import { type Contestant, figuresOf, type Start } from "./figures.ts";

const starts = (...ms: number[]) => ms.map((wallMs) => ({ wallMs, cpuMs: wallMs * 1.2 }));
const figures = (of: { function: Start[]; bare: Start[]; deliver?: Start[] }) =>
  figuresOf(
    new Map<Contestant, Start[]>([
      ["function", of.function],
      ["deliver", of.deliver ?? of.function],
      ["bare", of.bare],
      ["functionFiles", starts(400)],
      ["bareFiles", starts(200)],
      ["nothing", starts(1)],
    ]),
  );
const met = (of: Parameters<typeof figures>[0]) => figures(of).bars.every(isMet);

it("compares a start with the bare one of the same round", () => {
  const both = { function: starts(140, 280, 140), bare: starts(100, 200, 100) };
  const found = figures(both);
  expect(found).toMatchObject({ ratio: 1.4, filesRatio: 2 });
  expect(found.wallMs.function).toBe(140);
  expect(found.cpuMs.bare).toBe(120);
  expect(met(both)).toBe(true);
});

it("misses the bars by the ratio as well as by the time", () => {
  expect(met({ function: starts(160), bare: starts(100) })).toBe(false);
  expect(met({ function: starts(260), bare: starts(250) })).toBe(false);
  const both = { function: starts(100), bare: starts(100) };
  expect([110, 111].map((ms) => met({ ...both, deliver: starts(ms) }))).toEqual([true, false]);
});

it("compares CPU time, which does not contain waits for a busy machine", () => {
  const waited = { function: [{ wallMs: 240, cpuMs: 120 }], bare: starts(100) };
  expect(figures(waited)).toMatchObject({ ratio: 1 });
  expect(met(waited)).toBe(true);
});
