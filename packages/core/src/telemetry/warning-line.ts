import * as v from "valibot";

/** pino's number for `warn`; `error` and `fatal` are above. */
const WARN = 40;

const warningSchema = v.object({
  level: v.pipe(v.number(), v.minValue(WARN)),
  program: v.string(),
  msg: v.string(),
  reason: v.optional(v.string()),
  message: v.optional(v.string()),
  err: v.optional(v.object({ message: v.string() })),
});

/** What a program warned of beside its jobs, in one sentence; undefined for every other line. */
export function parseWarning(line: string): string | undefined {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), warningSchema), line);
  if (!parsed.success || parsed.output.msg === "job") return undefined;
  const { program, msg, reason, message, err } = parsed.output;
  const details = [reason, message, err?.message].filter((text) => text !== undefined);
  return `${program} ${msg}${details.length > 0 ? `: ${details.join(", ")}` : ""}`;
}
