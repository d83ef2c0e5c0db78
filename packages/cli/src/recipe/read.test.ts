import { join } from "node:path";
import { expect, test } from "vitest";
import { newFolder } from "../fixtures/folder.ts";
import { put } from "../fixtures/pictures.ts";
import { readRecipe } from "./read.ts";

test("a recipe that never settles is a usage error", async () => {
  const dir = await newFolder();
  await put(dir, "waits.mjs", "await new Promise(() => {}); export default {};");
  const { console } = globalThis;
  try {
    await expect(readRecipe(join(dir, "waits.mjs"), 50)).rejects.toMatchObject({
      name: "UsageError",
      message: expect.stringMatching(/waits\.mjs is not loaded after 0\.05 s/),
    });
  } finally {
    globalThis.console = console;
  }
});
