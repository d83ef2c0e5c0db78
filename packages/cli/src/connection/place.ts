import type { ClientOptions } from "@imagefleet/core/aws";
import { LOCAL_CREDENTIALS, REGION } from "@imagefleet/local/resources";
import { runningEndpoint } from "../start/data-folder.ts";
import { WrongUse } from "../wrong-use.ts";
import type { ConnectionEnv } from "./env.ts";
import { LOCAL_NAMES, type Names, RESOURCE_NAMES } from "./names.ts";
import type { ConnectionOptions } from "./options.ts";

/** Where the fleet is, before anything was asked of it. */
export interface Place {
  /** For a person: `the local fleet, http://127.0.0.1:4566`. */
  readonly where: string;
  readonly client: ClientOptions;
  readonly names: Names;
}

/**
 * Where the fleet is that is meant: the named endpoint; AWS, as soon as anything of it is named; else
 * the one that runs on this machine.
 *
 * @throws WrongUse when none is named and none runs
 */
export async function placeOf(
  options: ConnectionOptions,
  env: ConnectionEnv,
  given: Names,
): Promise<Place> {
  const { profile, region } = options;
  const endpoint = options.endpoint ?? env.endpoint;
  const named = RESOURCE_NAMES.some((resource) => given[resource] !== undefined);
  if (endpoint !== undefined && isLoopback(endpoint) && profile === undefined) {
    return local(endpoint, region, given);
  }
  if (endpoint !== undefined || profile !== undefined || region !== undefined || named) {
    const at = endpoint ?? "AWS";
    const as = [
      ...(region === undefined ? [] : [region]),
      ...(profile === undefined ? [] : [`profile ${profile}`]),
    ].join(", ");
    return {
      where: as === "" ? at : `${at} (${as})`,
      client: { region, profile, endpoint },
      names: given,
    };
  }
  const running = await runningEndpoint(options.data);
  if (running !== undefined) return local(running, undefined, given);
  throw new WrongUse(
    `no fleet is named, and none runs on ${options.data}: start one with npm start; or run this under sst shell; or name the resources by flags or variables (--help lists them)`,
  );
}

/** This machine's servers take any credentials, and name everything as `npm start` does. */
function local(endpoint: string, region = REGION, given: Names): Place {
  const names: Record<string, { value: string; by: string }> = {};
  for (const resource of RESOURCE_NAMES) {
    names[resource] = given[resource] ?? {
      value: LOCAL_NAMES[resource],
      by: `the local fleet's ${resource}`,
    };
  }
  return {
    where: `the local fleet, ${endpoint}`,
    client: { region, endpoint, credentials: LOCAL_CREDENTIALS },
    names,
  };
}

function isLoopback(endpoint: string): boolean {
  const host = URL.parse(endpoint)?.hostname ?? "";
  return host === "localhost" || host === "[::1]" || host.startsWith("127.");
}
