import type { Observe } from "@imagefleet/local/fault-proxy";
import { formField, type Need, needsOf, type Places } from "./needs.ts";
import type { Needed } from "./recorded.ts";

/** Records the permissions that each principal's calls need, on the wire. */
export class CallRecorder {
  readonly #places: Places;
  readonly #own: Readonly<Record<string, Places | undefined>>;
  /** By principal and grant, the calls. */
  readonly #needed = new Map<string, Map<string, Set<string>>>();
  readonly #unknown = new Set<string>();

  /** @param own the names for principals that have others */
  constructor(places: Places, own: Readonly<Record<string, Places>> = {}) {
    this.#places = places;
    this.#own = own;
  }

  /** For a proxy between the SDK and its servers. */
  readonly observe: Observe = async (call, request, body) => {
    const principal = await principalOf(call, request, body);
    const places = this.#own[principal] ?? this.#places;
    try {
      const needs = await needsOf(call, request, body, places);
      for (const need of needs) this.add(principal, need);
    } catch (error) {
      this.#unknown.add(`${principal}: ${error instanceof Error ? error.message : error}`);
    }
  };

  /** Adds calls that no proxy sees. */
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

/**
 * The principal of a call: the access key of its signature. What somebody else sends with a presigned
 * URL or form is done in the name of who has signed it.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-presigned-url.html
 */
async function principalOf(...[call, request, body]: Parameters<Observe>): Promise<string> {
  const { searchParams } = new URL(request.url ?? "/", "http://localhost");
  const signed =
    /Credential=(.*)/.exec(request.headers.authorization ?? "")?.[1] ??
    searchParams.get("X-Amz-Credential") ??
    (call.operation === "PostObject" ? formField(await body(), "X-Amz-Credential") : undefined);
  return signed?.split("/", 1)[0] ?? "nobody";
}
