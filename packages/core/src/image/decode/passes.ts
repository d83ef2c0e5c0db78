import { Rejection } from "../../outcome/index.ts";
import type { Plan } from "../../plan/index.ts";
import { missingEnd } from "../formats/jpeg/end.ts";
import type { ImageInput } from "../input.ts";
import { withEdits } from "./edited.ts";
import type { FailOn } from "./open.ts";

/** One go at a source. */
export interface Pass {
  readonly input: ImageInput;
  readonly failOn: FailOn;
}

interface PassOptions {
  readonly signal?: AbortSignal;
  readonly onDamaged?: (why: string) => void;
}

/**
 * Runs a render over a sound source once. Over one whose pixels cannot be read it is run again: with
 * its end marker over a JPEG that lacks nothing else, and over what there is of any other source
 * where the plan is tolerant.
 *
 * @throws what `run` throws; of a source that cannot be read in any way, the first fault
 */
export async function inPasses(
  input: ImageInput,
  plan: Plan,
  { signal, onDamaged }: PassOptions,
  run: (pass: Pass) => Promise<void>,
): Promise<void> {
  const first = await faultOf(() => run({ input, failOn: "error" }));
  if (first === undefined) return;
  const end = plan.source.format === "jpeg" ? await missingEnd(input, plan, signal) : undefined;
  if (end !== undefined) {
    return withEdits(input, [end], (ended) => run({ input: ended, failOn: "error" }));
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
