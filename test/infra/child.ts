// Builds one graph and prints it as JSON: a process of its own, because SST changes its directory
// and an error within a component ends it.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { ACCOUNT, REGION } from "./answers.ts";
import { imported } from "./bundle.ts";
import { plain } from "./plain.ts";
import { record } from "./record.ts";
import type { Graph } from "./resource.ts";
import { startSstServer } from "./sst-server.ts";

const orderSchema = v.object({
  name: v.string(),
  root: v.string(),
  stage: v.string(),
  dev: v.optional(v.boolean(), false),
});
const tagsSchema = v.looseObject({ tags: v.record(v.string(), v.string()) });
const awsSchema = v.looseObject({ defaultTags: v.optional(tagsSchema) });
const providersOfAppSchema = v.looseObject({ aws: v.optional(awsSchema) });
const appSchema = v.looseObject({ name: v.string(), providers: v.optional(providersOfAppSchema) });
const configSchema = v.object({ default: appSchema });
const runSchema = v.object({ start: v.function() });
const providersSchema = v.array(v.object({ alias: v.string(), package: v.string() }));

const { name, root, stage, dev } = v.parse(orderSchema, JSON.parse(process.argv[2] ?? ""));
const platform = join(root, ".sst", "platform");

const server = await startSstServer(join(root, ".sst", "imagefleet", "stub"));
process.env["SST_SERVER"] = server.url;
process.env["SST_AWS_REGION"] = REGION;
process.env["SST_AWS_ACCOUNT_ID"] = ACCOUNT;

const app = await askApp();
const run = await importRun();
const from = join(platform, "package.json");
const config = configOf(app);
const { resources, outputs } = await record(from, { app: app.name, stage, config }, async () =>
  run(),
);
server.close();

const graph: Omit<Graph, "settings"> = {
  dev,
  app: plain(app),
  resources,
  outputs,
  functions: server.functions,
};
process.stdout.write(JSON.stringify(graph));

/**
 * As SST passes the provider's arguments on, with its own tags among the app's:
 * https://github.com/anomalyco/sst/blob/dev/pkg/project/run.go
 */
function configOf({ name: called, providers: { aws } = {} }: v.InferOutput<typeof appSchema>) {
  const { defaultTags, ...rest } = aws ?? {};
  const tags = { ...defaultTags?.tags, "sst:app": called, "sst:stage": stage };
  return Object.fromEntries(
    Object.entries({ ...rest, defaultTags: { tags } }).map(([key, value]) => [
      `aws:${key}`,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  );
}

async function askApp() {
  const contents = `import config from ${JSON.stringify(join(root, "sst.config.ts"))};
    export default await config.app({ stage: $input.stage });`;
  const module = await imported({
    root,
    platform,
    name: `${name}.app`,
    contents,
    banner: "function $config(input) { return input }",
    define: { $input: { stage } },
  });
  return { removal: "retain", ...v.parse(configSchema, module).default, stage };
}

async function importRun() {
  const file = readFileSync(join(root, ".sst", "provider-lock.json"), "utf8");
  const providers = v.parse(providersSchema, JSON.parse(file));
  const globals = [
    ...providers.map(({ alias, package: from }) => `import * as ${alias} from "${from}";`),
    `import * as sst from ${JSON.stringify(join(platform, "src", "components"))};`,
  ].join(" ");
  const contents = `import { run } from ${JSON.stringify(join(platform, "src", "auto", "run.ts"))};
    import config from ${JSON.stringify(join(root, "sst.config.ts"))};
    export const start = () => run(config.run);`;
  const paths = { home: join(root, ".sst", "home"), root, work: join(root, ".sst"), platform };
  const module = await imported({
    root,
    platform,
    name: `${name}.run`,
    contents,
    globals,
    define: {
      $app: app,
      $dev: dev,
      $cli: { command: dev ? "dev" : "deploy", dev, paths, state: { version: {} } },
    },
  });
  return v.parse(runSchema, module).start;
}
