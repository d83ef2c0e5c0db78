import { expect, it } from "vitest";
import type { Status } from "./snapshot.ts";
import { statusText } from "./text.ts";

const lane = {
  waiting: 0,
  inFlight: 0,
  perSecond: undefined,
  oldestSeconds: undefined,
  idleSeconds: 0,
};
const at = Date.UTC(2026, 10, 21);

function text(small: number): string {
  const group = { name: "Throttled", deadLetters: 5, lanes: { small: 5, large: 0 } };
  const status: Status = {
    at,
    lanes: { small: lane, large: lane },
    deadLetters: { small, large: 0 },
    reasons: [{ ...group, oldest: at, newest: at, example: "", mainReason: "Throttled" }],
    reasonsAt: at - 9_000,
  };
  return statusText(status, "AWS", {
    width: 80,
    paint: (_style, plain) => plain,
    command: String,
  }).join("\n");
}

it("reports the age of reasons that do not add up to the number of dead letters", () => {
  expect(text(12)).toContain("12 dead letters: small lane 12");
  expect(text(12)).toMatch(/reasons of 5 dead letters, read 9 s ago/);
  expect(text(5)).not.toContain("read 9 s ago");
});
