import { type Command, InvalidArgumentError, Option } from "@commander-js/extra-typings";
import { type CommandContext, FOLDERS_HELP, recipeOption } from "../../command-context.ts";

const EXAMPLES = `
Examples:
  npm start                                    sample pictures, the whole fleet
  npm start -- ~/Pictures/holiday              your own folder; keeps running
  npm start -- --once --json --out out photos  for scripts: JSON, then exit

start runs S3 and SQS on 127.0.0.1, an event source that calls the handler of
the Lambda function with batches of ten, the program of the Fargate worker, an
edge that serves renditions as CloudFront does, and the console. It uploads the
images and shows progress, a table of results and the dead letters. All data
stays in --data. An --out folder inside a given folder is not read; it must not
be that folder itself.
${FOLDERS_HELP}
--json prints sources, outcomes, lanes, renditions, bytesIn, bytesOut, seconds,
deadLetters, results, notUploaded ([{file, message}]) and unfinished (a number).
docs/cli.md describes them.`;

export function addStartCommand(root: Command, context: CommandContext): void {
  const { path, cwd } = context;
  root
    .command("start")
    .description("run the whole fleet on this machine and process a folder of images")
    .argument("[paths...]", "image files or folders (default: sample pictures)")
    .option("--once", "exit when all images are processed")
    .option("--json", "print one JSON object on stdout at the end, everything else on stderr")
    .option("--out <dir>", "copy renditions and manifests into this folder", path)
    .addOption(recipeOption(context))
    .option(
      "--port <number>",
      "the port of S3 and SQS, before those of the edge, the API and the console; 0: any free ports",
      port,
      4566,
    )
    .addOption(
      new Option("--data <dir>", "the folder of the buckets and queues")
        .argParser(path)
        .default(context.data, ".imagefleet of the project"),
    )
    .option(
      "--fresh",
      "first delete the buckets, their objects, the queues and the access key in --data",
    )
    .addOption(
      new Option(
        "--cors-origin <url>",
        "the origin of a web page that may read responses of S3 and the edge; repeatable",
      )
        .argParser(origins)
        .default([], "none"),
    )
    .addHelpText("after", EXAMPLES)
    .action(
      async (paths, { once = false, json = false, fresh = false, out, corsOrigin, ...options }) => {
        const { start } = await import("./run.ts");
        const { invocation, data, recipe } = context;
        const own = { paths, cwd, once, json, fresh, corsOrigins: corsOrigin };
        const forConsole = { invocation, defaults: { data, recipe } };
        const all = { ...own, ...forConsole, ...options };
        const screen = context.screen(json);
        context.onExit(await start(out === undefined ? all : { ...all, out }, screen));
      },
    );
}

function origins(text: string, previous: readonly string[]): readonly string[] {
  const url = URL.parse(text);
  if (url?.origin === text && /^https?:$/.test(url.protocol)) return [...previous, text];
  throw new InvalidArgumentError(
    "Use the origin of a page, without a path: http://localhost:5173.",
  );
}

function port(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number <= 65_534) return number;
  throw new InvalidArgumentError("Use a whole number from 0 to 65534.");
}
