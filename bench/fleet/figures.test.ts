import { expect, it } from "vitest";
import type { Turn } from "./contestants.ts";
import { figuresOf, type Round } from "./figures.ts";

function turn(functionMs: number, eventSourceMs = 0, emulatorMs = 0): Turn {
  return { images: 10, wallMs: 2000, functionMs, eventSourceMs, emulatorMs };
}

/** @param extra ms per image in addition to codec and calls */
function round(extra: number): Round {
  return { core: turn(800, 7), sdk: turn(200, 7), fleet: turn(970 + extra * 10, 30, 150) };
}

it("splits CPU time of the fleet into codec, calls and the rest, without the servers", () => {
  const { ratio, ratios, imagesPerSecond, cpuMsPerImage } = figuresOf([
    round(4),
    round(50),
    round(2),
  ]);
  expect(cpuMsPerImage).toEqual({
    codec: 80,
    sdk: 20,
    ours: 4,
    fleet: 104,
    function: 101,
    eventSource: 3,
    emulator: 15,
  });
  expect(ratio).toBe(1.04);
  expect(ratios).toEqual({ least: 1.02, most: 1.5 });
  expect(imagesPerSecond).toEqual({ core: 5, sdk: 5, fleet: 5 });
});
