import { type Fault, faultOf, type Known, type ViewerAnswer } from "./judge.ts";
import type { Viewers } from "./viewers.ts";

/** What viewers were answered. */
export interface ViewersReport {
  readonly requests: number;
  /** Answers by status. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Answers by `X-Cache`. */
  readonly results: Readonly<Record<string, number>>;
  /** Answers whose connection ended before their end. */
  readonly cut: number;
  /** Answers of what the function had just made, and of substitutes. */
  readonly made: number;
  readonly substitutes: number;
  /** Answers with a version that made them immutable. */
  readonly immutable: number;
  readonly slowestMs: number;
  /** Answers of a content that was replaced more than their stated time before. */
  readonly outdated: number;
  /** Answers without the picture, though nothing has changed. */
  readonly unavailable: number;
  /** The first twenty wrong answers. */
  readonly violations: readonly (Fault & { readonly key: string })[];
}

const MAX_VIOLATIONS = 20;

/** Compares all answers with what the sources were. */
export function viewersReport(
  { answers, cut }: Pick<Viewers, "answers" | "cut">,
  known: Known,
): ViewersReport {
  const shown = answers.filter(({ status }) => status === 200);
  const times = shown.map(({ askedAt, answeredAt }) => answeredAt - askedAt);
  const slowestMs = Math.ceil(times.reduce((most, each) => Math.max(most, each), 0));
  const violations = answers.flatMap((answer) => {
    const fault = faultOf(answer, known);
    return fault === undefined ? [] : [{ ...fault, key: answer.key }];
  });
  const count = (kind: Fault["kind"]) => violations.filter((each) => each.kind === kind).length;
  return {
    requests: answers.length + cut,
    statuses: counted(answers, ({ status }) => String(status)),
    results: counted(answers, ({ xCache }) => xCache),
    cut,
    made: shown.filter(({ isStored, xCache }) => !isStored && xCache === "Miss").length,
    substitutes: shown.filter(({ substitute }) => substitute !== undefined).length,
    immutable: shown.filter(({ cacheControl }) => cacheControl.includes("immutable")).length,
    slowestMs,
    outdated: count("outdated"),
    unavailable: count("unavailable"),
    violations: violations.slice(0, MAX_VIOLATIONS),
  };
}

function counted(
  answers: readonly ViewerAnswer[],
  by: (answer: ViewerAnswer) => string,
): Record<string, number> {
  return Object.fromEntries(
    [...Map.groupBy(answers, by)].map(([name, same]) => [name, same.length] as const).sort(),
  );
}
