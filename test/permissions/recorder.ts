import type { Observe } from "@imagefleet/local/fault-proxy";
import { type Need, needsOf, type Places } from "./needs.ts";
import type { Needed } from "./recorded.ts";

/** Writes down, on the wire, what everybody who calls must be allowed to do. */
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

  /** What was seen elsewhere than on the way to S3 and SQS. */
  add(principal: string, { call, action, resource }: Need): void {
    const mine = this.#needed.get(principal) ?? new Map<string, Set<string>>();
    const grant = `${action} ${resource}`;
    mine.set(grant, (mine.get(grant) ?? new Set()).add(call));
    this.#needed.set(principal, mine);
  }

  /** Calls that nothing is known of: operations.ts has a gap, or they are none of the fleet's. */
  get unknown(): readonly string[] {
    return [...this.#unknown].sort();
  }

  /** @param principal the access key that the calls were signed with; without it, of everybody */
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

/** As AWS knows who calls: by the access key of the signature. */
function principalOf(authorization: string | undefined): string {
  return /Credential=([^/]+)\//.exec(authorization ?? "")?.[1] ?? "nobody";
}
