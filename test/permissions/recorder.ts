import type { Observe } from "@imagefleet/local/fault-proxy";
import { type Need, needsOf, type Places } from "./needs.ts";
import type { Needed } from "./recorded.ts";

/** Records the permissions that each principal's calls need, on the wire. */
export class CallRecorder {
  readonly #places: Places;
  /** By principal and grant, the calls. */
  readonly #needed = new Map<string, Map<string, Set<string>>>();
  readonly #unknown = new Set<string>();

  constructor(places: Places) {
    this.#places = places;
  }

  /** For a proxy between the SDK and its servers. */
  readonly observe: Observe = async (call, request, body) => {
    const principal = principalOf(request.headers.authorization);
    try {
      const needs = await needsOf(call, request, body, this.#places);
      for (const need of needs) this.add(principal, need);
    } catch (error) {
      this.#unknown.add(`${principal}: ${error instanceof Error ? error.message : error}`);
    }
  };

  /** Adds calls that do not go to S3 and SQS. */
  add(principal: string, { call, action, resource }: Need): void {
    const mine = this.#needed.get(principal) ?? new Map<string, Set<string>>();
    const grant = `${action} ${resource}`;
    mine.set(grant, (mine.get(grant) ?? new Set()).add(call));
    this.#needed.set(principal, mine);
  }

  /** Unknown calls: operations.ts lacks them, or they are not the fleet's. */
  get unknown(): readonly string[] {
    return [...this.#unknown].sort();
  }

  /** @param principal the access key of the calls; all principals without it */
  needed(principal?: string): Needed {
    const all = principal === undefined ? this.#needed.values() : [this.#needed.get(principal)];
    const byGrant = new Map<string, Set<string>>();
    for (const [grant, calls] of [...all].flatMap((mine) => [...(mine ?? [])])) {
      byGrant.set(grant, new Set([...(byGrant.get(grant) ?? []), ...calls]));
    }
    const lines = [...byGrant].map(
      ([grant, calls]) => [grant, [...calls].sort().join(", ")] as const,
    );
    return Object.fromEntries(lines.sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}

/** The principal of a call: the access key of its signature. */
function principalOf(authorization: string | undefined): string {
  return /Credential=([^/]+)\//.exec(authorization ?? "")?.[1] ?? "nobody";
}
