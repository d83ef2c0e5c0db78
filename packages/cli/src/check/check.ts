import { statusOf } from "@imagefleet/core/aws";
import type { Lane } from "@imagefleet/core/outcome";

/**
 * How a check ended. `unasked`: the answer could not be had, so nothing is known. `none`: there is
 * nothing of this kind to check.
 */
export type State = "ok" | "wrong" | "unasked" | "none";

/** One thing that was looked at. */
export interface Check {
  /** What was looked at, as `queue policy of the small lane`. */
  readonly name: string;
  readonly state: State;
  /** What was found, in whole sentences. */
  readonly says: string;
  /** What to do about it. */
  readonly fix?: string;
  /** The IAM actions that the credentials lack. */
  readonly permission?: string;
  /** No picture of these lanes can arrive while this is so. */
  readonly blocks?: readonly Lane[];
}

/** What the local fleet does not have. */
export function noneHere(name: string, what: string): Check {
  return { name, state: "none", says: `The local fleet has no ${what}.` };
}

/**
 * Runs a check, and says what is lacking where AWS does not let it ask.
 *
 * @param permission the IAM actions that it needs, as `iam:GetRole`
 */
export async function askFor(
  name: string,
  permission: string,
  ask: () => Promise<readonly Check[]>,
): Promise<readonly Check[]> {
  try {
    return await ask();
  } catch (error) {
    if (isDenied(error)) {
      return [
        {
          name,
          state: "unasked",
          says: `The credentials may not ask: they lack ${permission}.`,
          fix: `Allow ${permission}, or look in the AWS console.`,
          permission,
        },
      ];
    }
    const why = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return [
      { name, state: "unasked", says: `AWS gave no answer: ${why}`, fix: "Run this once more." },
    ];
  }
}

/** Each service has a name of its own for it: AccessDenied, UnauthorizedOperation, and more. */
function isDenied(error: unknown): boolean {
  const name = error instanceof Error ? error.name : "";
  return statusOf(error) === 403 || /^(AccessDenied|UnauthorizedOperation)/.test(name);
}
