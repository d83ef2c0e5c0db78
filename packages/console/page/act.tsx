import { useComputed, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { begin, type CommandInput, commandTextOf, info, type RunState, read, runs } from "./api.ts";
import { many, thousands, usd } from "./format.ts";
import { CommandLine, Dialog, Fact, Problem, Progress, Waiting } from "./parts.tsx";

/** Commands that have a plan: they are asked with --dry-run first. */
type Planned = Extract<
  CommandInput,
  { name: "dlq redrive" | "dlq discard" | "reprocess" | "purge" }
>;

/** Something that a person may want done. */
export interface Act {
  /** `Redrive` */
  readonly verb: string;
  readonly command: Planned;
}

/** What a dry run prints, and what the command itself prints at its end. */
interface Outcome {
  readonly due?: number;
  readonly refused?: number;
  readonly maxRedrives?: number;
  readonly redrivenBefore?: number;
  readonly lanes?: { readonly small: number; readonly large: number };
  readonly redriven?: number;
  readonly discarded?: number;
  readonly imported?: number;
  readonly missed?: number;
  readonly export?: string | null;
  readonly wait?: {
    readonly rendered: number;
    readonly removed: number;
    readonly failedAgain: readonly { readonly reason: string; readonly deadLetters: number }[];
    readonly left: number;
    readonly notFollowed: number;
    readonly error: string | null;
  } | null;
  readonly sources?: number;
  readonly sent?: number;
  readonly interrupted?: boolean;
  readonly usd?: number | null;
  /** Of a reprocess: how many, by reason. */
  readonly deadLetters?: Readonly<Record<string, number>> | null;
  readonly paths?: readonly string[];
  /** Of an audit. */
  readonly isComplete?: boolean;
  readonly findings?: Readonly<Record<string, number>>;
  /** Of warm: made for it, and there before. */
  readonly made?: number;
  readonly there?: number;
}

/** The plan of an act, its progress, and its end. */
export function ActDialog({ act, onClose }: { act: Act; onClose: () => void }) {
  const plan = useSignal<Outcome | undefined>(undefined);
  const notes = useSignal<readonly string[]>([]);
  const text = useSignal("");
  const problem = useSignal<string | undefined>(undefined);
  const id = useSignal<number | undefined>(undefined);
  const undo = useSignal<number | undefined>(undefined);
  const run = useComputed(() => runs.value.find((each) => each.id === id.value));
  const undone = useComputed(() => runs.value.find((each) => each.id === undo.value));
  const fail = (error: Error) => {
    problem.value = error.message;
  };

  useEffect(() => {
    const abort = new AbortController();
    read<Outcome>({ ...act.command, dryRun: true }, abort.signal)
      .then(({ output, errors }) => {
        plan.value = output.at(-1);
        notes.value = errors.filter((line) => line.startsWith("!"));
      })
      .catch((error: Error) => !abort.signal.aborted && fail(error));
    commandTextOf(act.command).then((found) => {
      text.value = found;
    }, fail);
    return () => abort.abort();
  }, []);

  const start = () =>
    begin(act.command).then((started) => {
      id.value = started.id;
    }, fail);
  const startUndo = () =>
    begin({ name: "dlq import", discard: id.value ?? 0 }).then((started) => {
      undo.value = started.id;
    }, fail);
  const due = countOf(plan.value);
  return (
    <Dialog title={act.verb} onClose={onClose}>
      {run.value === undefined && plan.value === undefined && problem.value === undefined && (
        <Waiting>Counting exactly what it would change …</Waiting>
      )}
      {run.value === undefined && plan.value && <Plan act={act} plan={plan.value} />}
      {notes.value.map((note) => (
        <p class="warning" key={note}>
          {note.replace(/^! /, "")}
        </p>
      ))}
      {run.value && <RunEnd run={run.value} />}
      {undone.value && <RunEnd run={undone.value} />}
      {problem.value !== undefined && <Problem>{problem.value}</Problem>}
      {text.value !== "" && (
        <>
          <p class="dim">The same in a terminal:</p>
          <CommandLine text={undone.value?.text ?? run.value?.text ?? text.value} />
        </>
      )}
      <div class="row actions">
        {run.value === undefined ? (
          <>
            <button
              type="button"
              class={act.verb === "Discard" ? "danger" : "primary"}
              disabled={due === 0 || info.value?.readOnly || problem.value !== undefined}
              onClick={start}
            >
              {act.verb} {due === undefined ? "" : thousands(due)}
            </button>
            <button type="button" onClick={onClose}>
              Cancel
            </button>
            {info.value?.readOnly && <span class="dim">This console only reads.</span>}
          </>
        ) : (
          <>
            {canUndo(run.value) && undone.value === undefined && (
              <button type="button" onClick={startUndo}>
                Undo
              </button>
            )}
            <button type="button" onClick={onClose}>
              {run.value.state === "done" ? "Close" : "Close, and let it go on"}
            </button>
          </>
        )}
      </div>
    </Dialog>
  );
}

function countOf(plan: Outcome | undefined): number | undefined {
  return plan?.due ?? plan?.sources ?? plan?.paths?.length;
}

function canUndo({ name, state, output }: RunState): boolean {
  const [outcome] = output.slice(-1);
  if (name !== "dlq discard" || state !== "done" || !isOutcome(outcome)) return false;
  return typeof outcome.export === "string" && (outcome.discarded ?? 0) > 0;
}

function isOutcome(value: unknown): value is Outcome {
  return typeof value === "object" && value !== null;
}

function Plan({ act, plan }: { act: Act; plan: Outcome }) {
  const { due, refused = 0, maxRedrives, redrivenBefore = 0, lanes, sources, usd: cost } = plan;
  if (countOf(plan) === 0 && refused === 0) return <p>There is nothing to do.</p>;
  return (
    <dl class="facts">
      {due !== undefined && (
        <Fact name={`${act.verb.toLowerCase()} exactly`}>{many(due, "dead letter")}</Fact>
      )}
      {lanes && (
        <Fact name="of">
          {[
            lanes.small > 0 && `small lane ${thousands(lanes.small)}`,
            lanes.large > 0 && `large lane ${thousands(lanes.large)}`,
          ]
            .filter(Boolean)
            .join(", ")}
        </Fact>
      )}
      {redrivenBefore > 0 && <Fact name="redriven before">{thousands(redrivenBefore)}</Fact>}
      {refused > 0 && (
        <Fact name="stay">
          {thousands(refused)}, because they were redriven {many(maxRedrives ?? 3, "time")} already
        </Fact>
      )}
      {sources !== undefined && <Fact name="sources">{thousands(sources)}</Fact>}
      {typeof cost === "number" && <Fact name="cost">about {usd(cost)}</Fact>}
      {plan.paths && <Fact name="paths">{plan.paths.join(" ")}</Fact>}
      {act.verb === "Discard" && (
        <Fact name="undo">They are saved to a file first, from which Undo puts them back.</Fact>
      )}
    </dl>
  );
}

/** A run: its progress, or how it ended. */
export function RunEnd({ run }: { run: RunState }) {
  if (run.state !== "done") return <Progress run={run} />;
  const outcome = run.output.at(-1);
  const error = run.lines.findLast((line) => line.startsWith("error: "));
  return (
    <div class="end" role="status">
      {isOutcome(outcome) && <p class="sentence">{sentenceOf(run, outcome)}</p>}
      {error !== undefined && <Problem>{error.replace(/^error: /, "")}</Problem>}
      {error === undefined && !isOutcome(outcome) && run.code !== 0 && (
        <Problem>
          {run.code === 130
            ? "It was stopped."
            : (run.lines.at(-1) ?? `It ended with ${run.code}.`)}
        </Problem>
      )}
      {run.lines
        .filter((line) => line.startsWith("!"))
        .map((line) => (
          <p class="warning" key={line}>
            {line.replace(/^! /, "")}
          </p>
        ))}
    </div>
  );
}

/** `412 redriven: 409 rendered, 3 failed again: SourceCorrupt.` */
function sentenceOf(run: RunState, outcome: Outcome): string {
  const { redriven, discarded, imported, missed = 0, wait, refused = 0 } = outcome;
  const gone = missed > 0 ? ` ${thousands(missed)} were taken by another reader.` : "";
  if (redriven !== undefined) {
    const settled = wait ? `: ${settledText(wait)}` : "";
    const stayed = refused > 0 ? ` ${thousands(refused)} stayed.` : "";
    return `${thousands(redriven)} redriven${settled}.${stayed}${gone}`;
  }
  if (discarded !== undefined) return `${thousands(discarded)} discarded.${gone}`;
  if (imported !== undefined) return `Undone: ${thousands(imported)} put back.`;
  const { sent, deadLetters, interrupted } = outcome;
  if (sent !== undefined) {
    const failed = Object.entries(deadLetters ?? {}).map(
      ([reason, count]) => `${thousands(count)} failed: ${reason}`,
    );
    const end = interrupted ? "paused" : failed.length > 0 ? failed.join(", ") : "all done";
    return `${many(sent, "source")} enqueued, ${deadLetters === null && !interrupted ? "not awaited" : end}.`;
  }
  const { isComplete, findings = {}, made, there = 0 } = outcome;
  if (isComplete !== undefined) {
    const found = Object.entries(findings).flatMap(([kind, count]) =>
      count > 0 ? `${thousands(count)} ${kind}` : [],
    );
    const all = many(outcome.sources ?? 0, "source");
    return isComplete ? `${all}, all complete.` : `${all}: ${found.join(", ")}.`;
  }
  if (made !== undefined) return `${thousands(made)} made, ${thousands(there)} were there before.`;
  return run.code === 0 ? "Done." : `It ended with exit code ${run.code}.`;
}

function settledText(wait: NonNullable<Outcome["wait"]>): string {
  const { rendered, removed, failedAgain, left, notFollowed, error } = wait;
  const failed = failedAgain.reduce((sum, { deadLetters }) => sum + deadLetters, 0);
  const reasons = failedAgain.map(({ reason }) => reason).join(", ");
  return [
    rendered > 0 && `${thousands(rendered)} rendered`,
    removed > 0 && `${thousands(removed)} without a source`,
    failed > 0 && `${thousands(failed)} failed again: ${reasons}`,
    left > 0 && `${thousands(left)} still under way`,
    notFollowed > 0 && `${thousands(notFollowed)} not followed`,
    error,
  ]
    .filter(Boolean)
    .join(", ");
}
