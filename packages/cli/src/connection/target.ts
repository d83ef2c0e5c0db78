import type { ClientOptions } from "@imagefleet/core/aws";
import type { Credentials } from "@imagefleet/local/credentials";
import { REGION } from "@imagefleet/local/resources";
import { UsageError } from "../usage-error.ts";
import { folderCredentials, type RunningFleet, runningFleet } from "./data-folder.ts";
import { type ConnectionEnv, type NamedEndpoint, SERVICES, type Service } from "./env.ts";
import { LINK_VARIABLE, LOCAL_NAMES, type Named, type Names, RESOURCE_NAMES } from "./names.ts";
import type { ConnectionOptions } from "./options.ts";

/** The location of a fleet, before any request to it. */
export interface Target {
  /** The location as text: `the local fleet, http://127.0.0.1:4566`. */
  readonly where: string;
  /** The client options of each service. */
  readonly clients: (service: Service) => ClientOptions;
  /** True for the servers of `npm start`: one process with S3, SQS, DynamoDB and SNS. */
  readonly isLocal: boolean;
  readonly names: Names;
}

/**
 * Chooses the target: the given endpoint; AWS, if a profile, a region, a link of SST or the URL of a queue
 * on AWS is given; else the fleet that runs on this machine, so that the error for a misspelt name lists
 * its resources; else AWS, if any resource is named.
 *
 * @throws UsageError when no resource is named and no fleet runs
 */
export async function targetOf(
  options: ConnectionOptions,
  env: ConnectionEnv,
  given: Names,
): Promise<Target> {
  const { profile, region } = options;
  const byFlag =
    options.endpoint === undefined ? undefined : { url: options.endpoint, by: "--endpoint" };
  const common = byFlag ?? env.endpoint;
  // As in the AWS CLI: the flag, else the variable of the service, else the common variable.
  const endpointOf = (service: Service) => byFlag ?? env.endpoints[service] ?? env.endpoint;
  const endpoints = SERVICES.flatMap((service) => endpointOf(service) ?? []);
  for (const endpoint of endpoints) checkEndpoint(endpoint);
  const named = RESOURCE_NAMES.some((resource) => given[resource] !== undefined);
  const isOne = common !== undefined && endpoints.every(({ url }) => url === common.url);
  const mayBeLocal = profile === undefined && options.isDeployed !== true;
  if (isOne && isLoopback(common.url) && mayBeLocal) {
    return local(await signedBy(common.url, options.data, env), region, given);
  }
  const isElsewhere = [...endpoints, profile, region].some((each) => each !== undefined);
  const running = isElsewhere ? undefined : await runningFleet(options.data);
  const isForeignTo = (fleet: RunningFleet) =>
    RESOURCE_NAMES.some((each) => isForeign(given[each], fleet.endpoint));
  if (running !== undefined && !isForeignTo(running)) {
    return local(running, undefined, given);
  }
  if (isElsewhere || named) {
    const at = [...new Set(endpoints.map(({ url }) => url))].join(" and ") || "AWS";
    const as = [
      ...(region === undefined ? [] : [region]),
      ...(profile === undefined ? [] : [`profile ${profile}`]),
    ].join(", ");
    return {
      where: as === "" ? at : `${at} (${as})`,
      clients: (service) => ({
        region: region ?? env.region,
        profile,
        endpoint: endpointOf(service)?.url,
      }),
      isLocal: false,
      names: given,
    };
  }
  throw new UsageError(
    `no fleet is specified, and none runs on ${options.data}. Start one with npm start, run the command under sst shell, or name the resources by flags or variables (see --help)`,
  );
}

/** For servers that accept any credentials. */
const ANY_CREDENTIALS = { accessKeyId: "local", secretAccessKey: "local" };

/** A server on this machine. */
interface LocalServer {
  readonly endpoint: string;
  /** Undefined: the SDK reads them from the environment. */
  readonly credentials: Credentials | undefined;
}

/**
 * Chooses the credentials for a loopback endpoint: those of the running fleet if the port is the same; else
 * those in the environment; else those of the data folder, for example for a proxy before its fleet.
 */
async function signedBy(endpoint: string, data: string, env: ConnectionEnv): Promise<LocalServer> {
  const running = await runningFleet(data);
  if (running !== undefined && URL.parse(running.endpoint)?.port === URL.parse(endpoint)?.port) {
    return { ...running, endpoint };
  }
  if (env.hasCredentials) return { endpoint, credentials: undefined };
  return { endpoint, credentials: folderCredentials(data) ?? ANY_CREDENTIALS };
}

/** The target of a local fleet, with the names of `npm start` by default. */
function local({ endpoint, credentials }: LocalServer, region = REGION, given: Names): Target {
  const names: Record<string, { value: string; by: string }> = {};
  for (const resource of RESOURCE_NAMES) {
    names[resource] = given[resource] ?? {
      value: LOCAL_NAMES[resource],
      by: `the local fleet's ${resource}`,
    };
  }
  return {
    where: `the local fleet, ${endpoint}`,
    clients: () => ({ region, endpoint, ...(credentials && { credentials }) }),
    isLocal: true,
    names,
  };
}

/** True when a name cannot belong to the local fleet: a link of SST, or a queue URL with another host. */
function isForeign(named: Named | undefined, running: string): boolean {
  if (named === undefined) return false;
  if (named.by.startsWith(LINK_VARIABLE)) return true;
  if (!/^https?:/.test(named.value)) return false;
  const isLocal =
    isLoopback(named.value) && URL.parse(named.value)?.port === URL.parse(running)?.port;
  return !isLocal;
}

function checkEndpoint({ url, by }: NamedEndpoint): void {
  const protocol = URL.parse(url)?.protocol;
  if (protocol === "http:" || protocol === "https:") return;
  throw new UsageError(
    `${by} is "${url}", which is not a URL. Include the scheme, as in http://127.0.0.1:4566 or https://sqs.eu-west-1.amazonaws.com, or omit it to use AWS`,
  );
}

function isLoopback(endpoint: string): boolean {
  const host = URL.parse(endpoint)?.hostname ?? "";
  return host === "localhost" || host === "[::1]" || host.startsWith("127.");
}
