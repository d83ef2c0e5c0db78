import { expect, it } from "vitest";
import { rowOf } from "./figures.ts";
import { settings } from "./settings.ts";

it("a row contains the means over the pictures", () => {
  const samples = [
    { cpuMs: 10, bytes: 1000, score: 80 },
    { cpuMs: 20, bytes: 2001, score: 90 },
  ];
  const setting = { format: "jpeg", effort: "baseline", quality: 80 } as const;
  expect(rowOf("photo", setting, samples)).toEqual({
    kind: "photo",
    ...setting,
    cpuMs: 15,
    bytes: 1501,
    score: 85,
  });
  expect(() => rowOf("photo", setting, [])).toThrow(RangeError);
});

it("the settings contain none twice", () => {
  const names = settings().map(({ format, effort, quality }) => `${format} ${effort} ${quality}`);
  expect(new Set(names).size).toBe(names.length);
  expect(new Set(settings().map(({ format }) => format)).size).toBe(4);
});
