import { access, readFile, writeFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { withScratchFile } from "./scratch.ts";

const pathOf = (input: { kind: string; path?: string }) => input.path ?? "";

it("a scratch file exists while it is used and is then deleted", async () => {
  let path = "";
  const text = await withScratchFile(
    (at) => writeFile(at, "copy"),
    (input) => {
      path = pathOf(input);
      return readFile(path, "utf8");
    },
  );
  expect(text).toBe("copy");
  await expect(access(path)).rejects.toMatchObject({ code: "ENOENT" });
});

it("a full disk is reported as DiskFull, and the incomplete file is deleted", async () => {
  let path = "";
  const made = withScratchFile(
    async (at) => {
      path = at;
      await writeFile(at, "half");
      throw Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
    },
    async () => "used",
  );
  await expect(made).rejects.toMatchObject({ reason: "DiskFull" });
  await expect(access(path)).rejects.toMatchObject({ code: "ENOENT" });
});
