// Stands where the pulumi program would, when the real `sst` asks it for a preview. What the preview
// consists of is written to the file that GRAPH_FILE names.
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { record } from "../record.ts";

const [command, ...args] = process.argv.slice(2);
if (command === "version") process.stdout.write("v3.215.0\n");
else if (command === "stack" && args[0] === "init") initStack(args[1] ?? "");
else if (command === "preview" || command === "up") await preview();
else throw new Error(`the stand-in does not know: pulumi ${command} ${args.join(" ")}`);

function initStack(stack: string): void {
  const [, app = "", stage = ""] = stack.split("/");
  const file = join(process.cwd(), ".pulumi", "stacks", app, `${stage}.json`);
  mkdirSync(dirname(file), { recursive: true });
  const latest = { manifest: { time: new Date().toISOString(), magic: "", version: "" } };
  writeFileSync(file, JSON.stringify({ version: 3, checkpoint: { stack, latest } }));
}

async function preview(): Promise<void> {
  const main = /^main: (.*)$/m.exec(readFileSync("Pulumi.yaml", "utf8"))?.[1] ?? "";
  const [, app = "", stage = ""] = option("--stack").split("/");
  const config = Object.fromEntries(
    args.flatMap((arg, index) => {
      if (arg !== "--config") return [];
      const [name = "", ...value] = (args[index + 1] ?? "").split("=");
      return [[name, value.join("=")]];
    }),
  );
  const { resources, outputs } = await record(main, { app, stage, config }, async () => {
    const program: { default: unknown } = await import(pathToFileURL(main).href);
    return program.default;
  });
  writeFileSync(
    process.env["GRAPH_FILE"] ?? "graph.json",
    JSON.stringify({ config, resources, outputs }),
  );
  const summaryEvent = {
    maybeCorrupt: false,
    durationSeconds: 1,
    resourceChanges: { create: resources.length },
    policyPacks: {},
  };
  const event = { sequence: 1, timestamp: 1, summaryEvent };
  appendFileSync(option("--event-log"), `${JSON.stringify(event)}\n`);
}

function option(name: string): string {
  const value = args[args.indexOf(name) + 1];
  if (value === undefined) throw new Error(`pulumi was called without ${name}`);
  return value;
}
