import * as v from "valibot";
import { UsageError } from "../usage-error.ts";
import { linkOf } from "./names.ts";

/** A key that signs addresses. */
export interface NamedSigningKey {
  readonly id: string;
  readonly secret: string;
  /** What named it, for messages. */
  readonly by: string;
}

/** It has no flag, because other users of a machine can read the arguments of a program. */
export const SIGNING_KEY_VARIABLE = "IMAGEFLEET_SIGNING_KEY";

const linkSchema = v.object({ signingKey: v.string() });

/**
 * The key that applications sign addresses with: from its variable, else from the link of a fleet that
 * `sst shell` sets.
 *
 * @param fleet the name of one of several linked fleets
 * @returns undefined when neither has one
 * @throws UsageError when `fleet` is not linked or is needed, or the value is not a signing key
 *
 * @example
 * signingKeyOf({ IMAGEFLEET_SIGNING_KEY: "k1:secret" }, undefined);
 * // { id: "k1", secret: "secret", by: "IMAGEFLEET_SIGNING_KEY" }
 */
export function signingKeyOf(
  variables: Readonly<Record<string, string>>,
  fleet: string | undefined,
): NamedSigningKey | undefined {
  const given = variables[SIGNING_KEY_VARIABLE];
  if (given !== undefined) return keyOf(given, SIGNING_KEY_VARIABLE);
  const link = linkOf(variables, fleet);
  const parsed = v.safeParse(linkSchema, link?.properties);
  return link && parsed.success ? keyOf(parsed.output.signingKey, link.by) : undefined;
}

function keyOf(text: string, by: string): NamedSigningKey {
  const [, id, secret] = /^([a-z0-9]{1,32}):([\x21-\x7e]+)$/.exec(text) ?? [];
  if (id !== undefined && secret !== undefined) return { id, secret, by };
  // The message does not contain the value, which is a secret.
  throw new UsageError(
    `${by} has no signing key: it must be an id of a-z and 0-9, ":" and the secret, as in the secret of the stage`,
  );
}
