import { statusOf } from "@imagefleet/core/aws";
import type { Lane } from "@imagefleet/core/outcome";
import { many } from "../terminal/format.ts";
import type { Screen } from "../terminal/screen.ts";

/**
 * The result of a check. `unknown`: AWS did not answer, or the check could not run. `none`: there is
 * nothing of this kind to check.
 */
type State = "ok" | "wrong" | "unknown" | "none";

/** One check and its result. */
export interface Check {
  /** What was checked: `queue policy of the small lane`. */
  readonly name: string;
  readonly state: State;
  /** The finding, in whole sentences. */
  readonly message: string;
  /** What to do about it. */
  readonly fix?: string;
  /** The IAM actions that the credentials lack. */
  readonly permission?: string;
  /** Lanes that no picture can pass until this is fixed. */
  readonly blocks?: readonly Lane[];
}

export function ok(name: string, message: string, fix?: string): Check {
  return { name, state: "ok", message, ...(fix !== undefined && { fix }) };
}

export function problem(
  name: string,
  message: string,
  fix: string,
  blocks?: readonly Lane[],
): Check {
  return { name, state: "wrong", message, fix, ...(blocks && { blocks }) };
}

export function unknown(name: string, message: string, fix?: string): Check {
  return { name, state: "unknown", message, ...(fix !== undefined && { fix }) };
}

export function none(name: string, message: string): Check {
  return { name, state: "none", message };
}

/** A check of something that only a fleet on AWS has. */
export function absentLocally(name: string, what: string): Check {
  return none(name, `The local fleet has no ${what}.`);
}

/**
 * Runs a check. A denied call becomes a check result that names the missing permission.
 *
 * @param permission the IAM actions that the check needs: `iam:GetRole`
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
          state: "unknown",
          message: `The credentials lack ${permission}.`,
          fix: `Allow ${permission}, or check it in the AWS console.`,
          permission,
        },
      ];
    }
    const why = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return [
      {
        name,
        state: "unknown",
        message: `The request to AWS failed: ${why}`,
        fix: "Run the command again.",
      },
    ];
  }
}

/** Services name it differently: AccessDenied, UnauthorizedOperation and others. */
function isDenied(error: unknown): boolean {
  const name = error instanceof Error ? error.name : "";
  return statusOf(error) === 403 || /^(AccessDenied|UnauthorizedOperation)/.test(name);
}

const COLORS = { ok: "green", wrong: "red", unknown: "yellow", none: "dim" } as const;
const STATE_WIDTH = 7;

/** The lines of a check: state, finding, and what to do. */
export function checkText({ name, state, message, fix }: Check, paint: Screen["paint"]): string[] {
  return [
    `${paint(COLORS[state], state.padEnd(STATE_WIDTH))}  ${name}: ${message}`,
    ...(fix === undefined ? [] : [`${" ".repeat(STATE_WIDTH)}  → ${fix}`]),
  ];
}

/** The result of all checks in one sentence. */
export function summaryText(checks: readonly Check[], where: string): string {
  const { wrong, unknown } = tally(checks);
  const found =
    wrong === 0 ? "No check found a problem" : `${many(wrong, "check")} found a problem`;
  const left = unknown === 0 ? "" : `; the result of ${many(unknown, "check")} is unknown`;
  return `${found} at ${where}${left}.`;
}

export function tally(checks: readonly Check[]): Readonly<Record<State, number>> {
  const count = (state: State) => checks.filter((check) => check.state === state).length;
  return {
    ok: count("ok"),
    wrong: count("wrong"),
    unknown: count("unknown"),
    none: count("none"),
  };
}
