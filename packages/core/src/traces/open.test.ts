import { execFile } from "node:child_process";
import { promisify } from "node:util";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { parseEnv } from "../env/index.ts";
import { tracesVariables } from "./index.ts";

describe("tracesVariables", () => {
  const read = (environment: Record<string, string>) =>
    parseEnv("consume", v.object(tracesVariables), environment);

  it.each(["0", "1", "0.05", ".5", "1e-7", "1.0"])("accept a share of %s", (text) => {
    expect(read({ IMAGEFLEET_TRACES_SHARE: text }).IMAGEFLEET_TRACES_SHARE).toBe(Number(text));
  });

  it.each([
    [{ IMAGEFLEET_TRACES_SHARE: "5" }, 'IMAGEFLEET_TRACES_SHARE is "5": it must be a number'],
    [{ IMAGEFLEET_TRACES_SHARE: "half" }, "it must be a number from 0 to 1"],
    [{ IMAGEFLEET_TRACES_URL: "ftp://a/b" }, "it must be an http or https URL"],
    [{ IMAGEFLEET_TRACES_URL: "collector" }, "it must be a URL"],
  ])("refuse %j", (environment, message) => {
    expect(() => read(environment)).toThrow(message);
  });
});

describe("openTraces", () => {
  it("loads nothing of OpenTelemetry without a URL", async () => {
    const loaded = async (url: string | undefined) => {
      const program = `
        import { registerHooks } from "node:module";
        const seen = new Set();
        registerHooks({ load: (url, context, next) => (seen.add(url), next(url, context)) });
        const { openTraces } = await import(${JSON.stringify(import.meta.resolve("./index.ts"))});
        const config = { credentials: {}, sha256: class {} };
        await openTraces({ program: "p", url: ${JSON.stringify(url)}, share: 1, region: "r", aws: { config } });
        console.log([...seen].filter((url) => url.includes("@opentelemetry/")).length);
      `;
      const args = ["--input-type=module", "--eval", program];
      return Number((await promisify(execFile)(process.execPath, args)).stdout);
    };
    expect(await loaded(undefined)).toBe(0);
    expect(await loaded("http://127.0.0.1:9/v1/traces")).toBeGreaterThan(0);
  });
});
