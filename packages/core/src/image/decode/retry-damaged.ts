import { Rejection } from "../../outcome/index.ts";
import type { Plan } from "../../plan/index.ts";
import { missingEnd } from "../formats/jpeg/end.ts";
import type { ImageInput } from "../input.ts";
import { withEditedCopy } from "./edited-copy.ts";
import type { FailOn } from "./open.ts";

/** One attempt to read a source. */
export interface Pass {
  readonly input: ImageInput;
  readonly failOn: FailOn;
}

interface PassOptions {
  readonly signal?: AbortSignal;
  readonly onDamaged?: (why: string) => void;
}

/**
 * Runs a render once if the source is intact. If the pixels cannot be read, it runs it again: for a
 * JPEG that lacks only its end marker, with that marker; for any other source, with the intact
 * part, if the plan is tolerant.
 *
 * @throws any error of `run`; for a source that cannot be read at all, the first error
 */
export async function retryDamaged(
  input: ImageInput,
  plan: Plan,
  { signal, onDamaged }: PassOptions,
  run: (pass: Pass) => Promise<void>,
): Promise<void> {
  const first = await faultOf(() => run({ input, failOn: "error" }));
  if (first === undefined) return;
  const end = plan.source.format === "jpeg" ? await missingEnd(input, plan, signal) : undefined;
  if (end !== undefined) {
    return withEditedCopy(input, [end], (ended) => run({ input: ended, failOn: "error" }));
  }
  if (!plan.tolerant) throw first;
  if (await faultOf(() => run({ input, failOn: "none" }))) throw first;
  onDamaged?.(first.message);
}

async function faultOf(run: () => Promise<void>): Promise<Rejection | undefined> {
  try {
    await run();
    return undefined;
  } catch (error) {
    if (error instanceof Rejection && error.reason === "SourceCorrupt") return error;
    throw error;
  }
}
