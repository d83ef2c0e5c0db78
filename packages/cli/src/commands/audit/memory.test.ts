import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ENCODER } from "@imagefleet/core/image";
import { defineRecipe, recipeFingerprint } from "@imagefleet/core/recipe";
import { limitMemory } from "@imagefleet/local/memory-limit";
import { startSyntheticBucket } from "@imagefleet/local/synthetic-bucket";
import { expect, it, onTestFinished } from "vitest";
import { run } from "../../fixtures/cli.ts";
import { newFolder } from "../../fixtures/folder.ts";

const MIB = 1024 * 1024;
/** Node, the SDK and the codec take 150 of these before anything is listed. */
const BAR_BYTES = 256 * MIB;
const [SOURCES, MANIFESTS] = [40_000, 1_000];
const RECIPE = { presets: { thumb: "16x16" } };

const limited = limitMemory(BAR_BYTES);

it.runIf(limited)(
  "audits tens of thousands of sources, most with a finding, under a memory limit of the kernel",
  async (test) => {
    const recipe = defineRecipe(RECIPE);
    const vast = await startSyntheticBucket({
      sources: SOURCES,
      manifests: MANIFESTS,
      recipe,
      fingerprint: recipeFingerprint(recipe, ENCODER),
    });
    const folder = await newFolder();
    onTestFinished(async () => {
      await vast.close();
      limited?.remove();
    });
    const file = join(folder, "recipe.mjs");
    await writeFile(file, `export default ${JSON.stringify(RECIPE)};`);
    const args = ["audit", "--endpoint", vast.endpoint, "--recipe", file, "--limit", "0"];
    const { code, stdout, stderr } = await run(args, {
      cwd: folder,
      ...(limited && { launcher: limited.launcher }),
    });
    await test.annotate(`limited by ${limited?.how}`);
    expect({ code, stderr }).toMatchObject({ code: 3 });
    expect(stdout).toContain("Incomplete: 1,000 of 40,000 sources");
    expect(stdout).toContain(`${(SOURCES - MANIFESTS).toLocaleString("en")}  unrendered`);
    expect(stdout).toContain("41,000 objects");
  },
  120_000,
);
