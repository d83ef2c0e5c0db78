import { execFileSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { run } from "../../fixtures/cli.ts";
import { newFolder } from "../../fixtures/folder.ts";

test("bash completes commands, options and values of options", async () => {
  const folder = await newFolder();

  const { stdout } = await run(["completion", "bash"], { cwd: folder });
  const script = join(folder, "completion.bash");
  await writeFile(script, stdout);
  const complete = (...words: string[]) => {
    const program = `source ${script}; COMP_WORDS=(${["imagefleet", ...words].map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length}; _imagefleet; echo "\${COMPREPLY[@]}"`;
    return execFileSync("bash", ["-c", program], { encoding: "utf8" }).trim().split(" ");
  };
  expect(complete("re")).toEqual(["render", "reprocess"]);
  expect(complete("dlq", "ex")).toEqual(["export"]);
  expect(complete("dlq", "redrive", "--max")).toEqual(["--max-redrives"]);
  expect(complete("dlq", "list", "--lane", "")).toEqual(["small", "large"]);
  expect(complete("dlq", "list", "--lane", "small", "--older")).toEqual(["--older-than"]);
});

test("zsh and fish have their own scripts; the error for another shell lists them", async () => {
  const ended = (shell: string) => run(["completion", shell], { cwd: tmpdir() });
  expect((await ended("zsh")).stdout).toMatch(/^#compdef imagefleet\n/);
  expect((await ended("fish")).stdout).toContain(
    "complete -c imagefleet -n '__fish_seen_subcommand_from dlq' -a redrive",
  );
  expect(await ended("csh")).toMatchObject({ code: 2, stderr: expect.stringContaining("fish") });
});
