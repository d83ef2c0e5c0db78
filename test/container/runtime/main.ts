// The Lambda runtime in the function's container: it imports the handler by name, gets one invocation
// after another and responds to each.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
import { pathToFileURL } from "node:url";

type Handler = (event: unknown, context: object) => Promise<unknown>;

const { AWS_LAMBDA_RUNTIME_API = "", LAMBDA_TASK_ROOT = "/var/task", _HANDLER = "" } = process.env;
const RUNTIME = `http://${AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime`;

const handler = await load();
for (;;) await serve();

async function load(): Promise<Handler> {
  const [module = "", name = ""] = _HANDLER.split(".");
  try {
    const exported = await import(pathToFileURL(`${LAMBDA_TASK_ROOT}/${module}.mjs`).href);
    if (typeof exported[name] !== "function") throw new Error(`${module}.mjs exports no ${name}`);
    return exported[name];
  } catch (error) {
    await post("init/error", faultOf(error));
    throw error;
  }
}

async function serve(): Promise<void> {
  const next = await fetch(`${RUNTIME}/invocation/next`);
  const id = next.headers.get("lambda-runtime-aws-request-id");
  const deadlineMs = Number(next.headers.get("lambda-runtime-deadline-ms"));
  const context = { awsRequestId: id, getRemainingTimeInMillis: () => deadlineMs - Date.now() };
  try {
    await post(`invocation/${id}/response`, await handler(await next.json(), context));
  } catch (error) {
    await post(`invocation/${id}/error`, faultOf(error));
  }
}

async function post(path: string, body: unknown): Promise<void> {
  await fetch(`${RUNTIME}/${path}`, { method: "POST", body: JSON.stringify(body ?? null) });
}

function faultOf(error: unknown): { errorType: string; errorMessage: string } {
  if (!(error instanceof Error)) return { errorType: "unknown", errorMessage: String(error) };
  return { errorType: error.name, errorMessage: error.stack ?? error.message };
}
