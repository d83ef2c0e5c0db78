import * as v from "valibot";

/** The number of `warn` in pino; `error` and `fatal` are higher. */
const WARN = 40;

const warningSchema = v.object({
  level: v.pipe(v.number(), v.minValue(WARN)),
  program: v.string(),
  msg: v.string(),
  reason: v.optional(v.string()),
  message: v.optional(v.string()),
  err: v.optional(v.object({ message: v.string() })),
});

/**
 * Converts a warning of a program to a sentence; undefined for jobs and other lines.
 *
 * @example
 * const warning = parseWarning(line);
 */
export function parseWarning(line: string): string | undefined {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), warningSchema), line);
  if (!parsed.success || parsed.output.msg === "job") return undefined;
  const { program, msg, reason, message, err } = parsed.output;
  const details = [reason, message, err?.message].filter((text) => text !== undefined);
  return `${program} ${msg}${details.length > 0 ? `: ${details.join(", ")}` : ""}`;
}
