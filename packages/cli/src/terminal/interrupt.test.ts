import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, test } from "vitest";
import { newFolder } from "../fixtures/folder.ts";

const MODULE = new URL("interrupt.ts", import.meta.url).href;

test("a second signal ends a program with a blocked thread", async () => {
  const dir = await newFolder();
  const pipe = join(dir, "pipe");
  execFileSync("mkfifo", [pipe]);
  const program = `
    import { readFile } from "node:fs/promises";
    const { onInterrupt } = await import(${JSON.stringify(MODULE)});
    const { signal } = onInterrupt(() => process.stdout.write("at once "));
    signal.addEventListener("abort", () => process.stdout.write("first "));
    void readFile(${JSON.stringify(pipe)});
    setInterval(() => {}, 1e6);
    process.stdout.write("ready ");
  `;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", program]);
  const ended = once(child, "exit");
  const printed = async (word: string) => {
    for await (const [text] of chunksOf(child.stdout)) if (String(text).includes(word)) return;
  };
  await printed("ready");
  child.kill("SIGTERM");
  await printed("first");
  child.kill("SIGTERM");
  expect(await ended).toEqual([null, "SIGINT"]);
});

async function* chunksOf(stream: NodeJS.ReadableStream) {
  for (;;) yield await once(stream, "data");
}
