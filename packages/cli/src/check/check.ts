import { statusOf } from "@imagefleet/core/aws";
import type { Lane } from "@imagefleet/core/outcome";
import { EXIT } from "../exit-code.ts";
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

interface ReportOptions {
  readonly json?: boolean | undefined;
  readonly stage?: string | undefined;
}

/** Prints checks when they end, and then a summary; or all of them as JSON. */
export class CheckReport {
  readonly checks: Check[] = [];
  readonly #screen: Screen;
  readonly #options: ReportOptions;

  constructor(screen: Screen, options: ReportOptions) {
    this.#screen = screen;
    this.#options = options;
  }

  add(checks: readonly Check[]): void {
    this.checks.push(...checks);
    if (this.#options.json) return;
    for (const { name, state, message, fix } of checks) {
      const label = this.#screen.paint(COLORS[state], state.padEnd(STATE_WIDTH));
      this.#screen.report(`${label}  ${name}: ${message}`);
      if (fix !== undefined) this.#screen.report(`${" ".repeat(STATE_WIDTH)}  → ${fix}`);
    }
  }

  /**
   * @param more fields of the JSON
   * @returns the exit code
   */
  end(where: string, more: Readonly<Record<string, unknown>> = {}): number {
    const { json, stage = null } = this.#options;
    const count = (state: State) => this.checks.filter((check) => check.state === state).length;
    const [wrong, unknown] = [count("wrong"), count("unknown")];
    if (json) {
      const counts = { ok: count("ok"), wrong, unknown, none: count("none") };
      const at = new Date().toISOString();
      this.#screen.json({ version: 1, at, where, stage, ...counts, checks: this.checks, ...more });
    } else {
      const found =
        wrong === 0 ? "No check found a problem" : `${many(wrong, "check")} found a problem`;
      const left = unknown === 0 ? "" : `; the result of ${many(unknown, "check")} is unknown`;
      this.#screen.report("", this.#screen.paint("bold", `${found} at ${where}${left}.`));
    }
    return wrong > 0 ? EXIT.deadLetters : EXIT.done;
  }
}
