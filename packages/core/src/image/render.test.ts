import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { beforeAll, describe, expect, it } from "vitest";
import { planRenditions } from "../plan/index.ts";
import { defineRecipe } from "../recipe/index.ts";
import { configureCodec, type ImageInput, probe, type RenderOptions, render } from "./index.ts";
import { detailed, rules, WAYS } from "./pictures.fixture.ts";

beforeAll(() => configureCodec({ threads: 2 }));

/** Memory that the test allocated must not count as memory of the render. */
function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
}

const recipe = defineRecipe({
  presets: {
    large: "400w",
    medium: "200w",
    small: "100w",
    share: { size: "200x60", fit: "cover" },
  },
});

let input: ImageInput;
beforeAll(async () => {
  input = { kind: "bytes", bytes: await detailed(500, 400).jpeg().toBuffer() };
});

async function run(options: RenderOptions, memoryBytes = Infinity): Promise<void> {
  const info = await probe(input, rules(1e6));
  await render(input, planRenditions(info, recipe, "key", memoryBytes), options);
}

describe.each(WAYS)("render, %s", (_name, memoryBytes) => {
  it("delivers each rendition of the plan once, with its plan", async () => {
    const seen: string[] = [];
    await run(
      {
        onRendition: ({ plan, width, height, data }) =>
          void seen.push(`${plan.key} ${width}x${height} ${data.toString("latin1", 8, 12)}`),
      },
      memoryBytes,
    );
    expect(seen.sort()).toEqual([
      "large/key.webp 400x320 WEBP",
      "medium/key.webp 200x160 WEBP",
      "share/key.webp 200x60 WEBP",
      "small/key.webp 100x80 WEBP",
    ]);
  });

  it("throws the signal's reason and delivers nothing after it", async () => {
    const reason = new Error("deadline");
    const abort = new AbortController();
    const seen: string[] = [];
    const onRendition: RenderOptions["onRendition"] = ({ plan }) => {
      seen.push(plan.key);
      abort.abort(reason);
    };
    await expect(run({ signal: abort.signal, onRendition }, memoryBytes)).rejects.toBe(reason);
    // Encodings that are running at that moment finish: as many as there are threads.
    expect(seen.length).toBeLessThan(4);
    const before = AbortSignal.abort(reason);
    seen.length = 0;
    await expect(run({ signal: before, onRendition }, memoryBytes)).rejects.toBe(reason);
    expect(seen).toEqual([]);
  });

  it("throws the error of its callback after all work has ended", async () => {
    const reason = new Error("the store is gone");
    let open = 0;
    const onRendition = async () => {
      open += 1;
      await new Promise(setImmediate);
      open -= 1;
      throw reason;
    };
    await expect(run({ onRendition }, memoryBytes)).rejects.toBe(reason);
    expect(open).toBe(0);
  });
});

it("continues to encode while the callback is pending", async () => {
  const others = Promise.withResolvers<void>();
  let handed = 0;
  await run({
    onRendition: async () => {
      handed += 1;
      if (handed === 4) others.resolve();
      // The first ones wait for the last, and encoding must not wait for them.
      await others.promise;
    },
  });
  expect(handed).toBe(4);
});

it("starts no further renditions after a failure", async () => {
  const widths = Array.from(
    { length: 12 },
    (_, at) => [`w${at}`, { width: 380 - at * 20 }] as const,
  );
  const many = defineRecipe({ presets: Object.fromEntries(widths) });
  const info = await probe(input, rules(1e6));
  let handed = 0;
  const onRendition = () => {
    handed += 1;
    throw new Error("the store is gone");
  };
  const made = render(input, planRenditions(info, many, "key", Infinity), { onRendition });
  await expect(made).rejects.toThrow("the store is gone");
  expect(handed).toBeLessThan(6);
});

it("releases the memory of the pixels without a garbage collection", async () => {
  const source = { kind: "bytes", bytes: await detailed(2000, 1500).jpeg().toBuffer() } as const;
  const info = await probe(source, rules(1e7));
  const one = defineRecipe({ presets: { whole: { format: "jpeg", quality: 1 } } });
  collectGarbage();
  const before = process.memoryUsage().external;
  const held: number[] = [];
  for (let round = 0; round < 8; round++) {
    await render(source, planRenditions(info, one, "key", Infinity), { onRendition: () => {} });
    held.push(process.memoryUsage().external - before);
  }
  // Each round has a raster of 9,000,000 bytes and a file of about one percent of that.
  expect(Math.max(...held)).toBeLessThan(4_000_000);
});
