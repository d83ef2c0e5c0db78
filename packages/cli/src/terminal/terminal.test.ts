import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { type Sandbox, startSandbox } from "@imagefleet/local/sandbox";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { putDeadLetters } from "../commands/dlq/fixtures/dead-letters.ts";
import { run } from "../fixtures/cli.ts";
import { Screen } from "./screen.ts";

/** Control characters. Of these, only line breaks and our own styles may be written. */
const CONTROL = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u;

function leftover(written: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: our own styles
  return written.replace(/\n|\u001b\[(?:1|2|22|3\d)m/g, "");
}

const text = fc.string({
  unit: fc.oneof(
    fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
    fc.constantFrom(
      "\u001b[8m",
      "\u001b]0;t\u0007",
      "\u009b2J",
      "\u007f",
      "\r",
      "\b",
      "\u202e",
      "\u061c",
    ),
  ),
  maxLength: 12,
});

test("the screen writes no control characters, for any content", () => {
  fc.assert(
    fc.property(text, fc.dictionary(text, text), fc.boolean(), (content, value, json) => {
      const streams = { stdout: new PassThrough(), stderr: new PassThrough() };
      const screen = new Screen({
        stdout: Object.assign(Object.create(process.stdout), {
          write: streams.stdout.write.bind(streams.stdout),
        }),
        stderr: Object.assign(Object.create(process.stderr), {
          write: streams.stderr.write.bind(streams.stderr),
        }),
        json,
        cursor: false,
        invocation: "imagefleet",
        command: (line) => line,
        progressMs: 5_000,
      });
      screen.report(content, screen.paint("red", content));
      screen.verbatim(content);
      screen.note(screen.tint("dim", content));
      screen.live([content]);
      screen.json({ content, value });
      for (const stream of [streams.stdout, streams.stderr]) {
        expect(leftover(String(stream.read() ?? ""))).not.toMatch(CONTROL);
      }
    }),
  );
});

/** Erases the screen, hides the following text, and reverses the direction of writing. */
const HOSTILE = "a\u001b[2J\u001b[8m\u009b2J\u202egpj\u200f.exe";

let sandbox: Sandbox;
let deadLetter: string;

beforeAll(async () => {
  sandbox = await startSandbox();
  const { s3, resources, folder } = sandbox;
  await s3.send(new PutObjectCommand({ Bucket: resources.sourceBucket, Key: HOSTILE, Body: "x" }));
  await putDeadLetters(sandbox, [{ key: HOSTILE, reason: "Internal" }]);
  const recipe = { presets: { [HOSTILE]: { size: HOSTILE } } };
  await writeFile(join(folder, "hostile.mjs"), `export default ${JSON.stringify(recipe)};`);
  const { stdout } = await run(["dlq", "list", "--json", ...where()], { cwd: folder });
  deadLetter = JSON.parse(stdout).id;
});
afterAll(() => sandbox.close());

const where = () => ["--endpoint", sandbox.endpoint, "--data", sandbox.folder];

describe("a key and a reason with control characters", () => {
  it.each([
    [["dlq"]],
    [["dlq", "list"]],
    [["dlq", "list", "--json"]],
    [["dlq", "show", "ID"]],
    [["dlq", "show", "ID", "--json"]],
    [["dlq", "export"]],
    [["dlq", "redrive", "--dry-run"]],
    [["dlq", "discard", "--dry-run"]],
    [["audit"]],
    [["audit", "--json"]],
    [["reprocess", "--dry-run"]],
    [["status"]],
    [["dlq", "show", HOSTILE]],
    [["render", HOSTILE]],
    [["audit", "--recipe", "hostile.mjs"]],
    [["start", "--once", HOSTILE]],
    [[HOSTILE]],
  ])("are not written to the terminal by %j", async (args) => {
    const hasFleet = !["render", "start", HOSTILE].includes(args[0] ?? "");
    const given = args.map((arg) => (arg === "ID" ? deadLetter : arg));
    const { stdout, stderr } = await run([...given, ...(hasFleet ? where() : [])], {
      cwd: sandbox.folder,
    });
    expect(stdout + stderr).not.toBe("");
    expect(leftover(stdout + stderr)).not.toMatch(CONTROL);
  });
});
