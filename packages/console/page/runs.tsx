import { useSignal } from "@preact/signals";
import { type Act, ActDialog, RunEnd } from "./act.tsx";
import { begin, type CommandInput, info, type RunState, runs } from "./api.ts";
import { Ago, CommandLine, Problem } from "./parts.tsx";

/** Work over the whole fleet: what can be started, what is under way, and how it ended. */
export function RunsPage() {
  const act = useSignal<Act | undefined>(undefined);
  const problem = useSignal<string | undefined>(undefined);
  const start = (command: CommandInput) =>
    begin(command).then(
      () => {
        problem.value = undefined;
      },
      (error: Error) => {
        problem.value = error.message;
      },
    );
  const all = runs.value.toReversed();
  return (
    <>
      <h1 tabIndex={-1}>Runs</h1>
      <div class="cards">
        <Reprocess
          onAct={(next) => {
            act.value = next;
          }}
        />
        <Audit onStart={start} />
        <Warm onStart={start} />
      </div>
      {problem.value !== undefined && <Problem>{problem.value}</Problem>}
      <h2>Runs of this console</h2>
      {all.length === 0 && (
        <p class="dim">
          None yet. What you start here goes on when you close the page, and stops with the console.
        </p>
      )}
      <ul class="plain runs">
        {all.map((run) => (
          <Run key={run.id} run={run} onStart={start} />
        ))}
      </ul>
      {act.value && (
        <ActDialog
          act={act.value}
          onClose={() => {
            act.value = undefined;
          }}
        />
      )}
    </>
  );
}

type Start = (command: CommandInput) => Promise<void>;

/** The fields of a form, without those that are empty. */
function fieldsOf(event: SubmitEvent): Readonly<Record<string, string>> {
  event.preventDefault();
  if (!(event.currentTarget instanceof HTMLFormElement)) return {};
  const fields = [...new FormData(event.currentTarget)].flatMap(([name, value]) =>
    typeof value === "string" && value !== "" ? [[name, value] as const] : [],
  );
  return Object.fromEntries(fields);
}

function Reprocess({ onAct }: { onAct: (act: Act) => void }) {
  const plan = (event: SubmitEvent) => {
    const { prefix, preset, which } = fieldsOf(event);
    onAct({
      verb: "Reprocess",
      command: {
        name: "reprocess",
        ...(prefix !== undefined && { prefix }),
        ...(preset !== undefined && { preset }),
        onlyStale: which === "stale",
        force: which === "force",
      },
    });
  };
  return (
    <form class="card form" onSubmit={plan}>
      <h2>Reprocess</h2>
      <p class="dim">Enqueues existing sources, after a new recipe or for a backfill.</p>
      <label>
        Prefix <input name="prefix" placeholder="all sources" autocomplete="off" />
      </label>
      <label>
        Preset <input name="preset" placeholder="all presets" autocomplete="off" />
      </label>
      <label>
        Which
        <select name="which">
          <option value="stale">those that are not up to date</option>
          <option value="all">all: each job checks for itself</option>
          <option value="force">all, rendered again</option>
        </select>
      </label>
      <button type="submit" class="primary">
        Plan …
      </button>
    </form>
  );
}

function Audit({ onStart }: { onStart: Start }) {
  const start = (event: SubmitEvent) => {
    const { repair } = fieldsOf(event);
    void onStart({ name: "audit", repair: repair !== undefined });
  };
  return (
    <form class="card form" onSubmit={start}>
      <h2>Audit</h2>
      <p class="dim">
        Lists both buckets once, and finds sources without their renditions and objects that are
        left over.
      </p>
      <label class="check">
        <input type="checkbox" name="repair" disabled={info.value?.readOnly} /> repair what it finds
      </label>
      <button type="submit" class="primary">
        Audit
      </button>
    </form>
  );
}

function Warm({ onStart }: { onStart: Start }) {
  const start = (event: SubmitEvent) => {
    const { prefix, preset } = fieldsOf(event);
    void onStart({
      name: "warm",
      ...(prefix !== undefined && { prefix }),
      ...(preset !== undefined && { preset }),
    });
  };
  return (
    <form class="card form" onSubmit={start}>
      <h2>Warm</h2>
      <p class="dim">Requests the renditions that are made on request, before viewers do.</p>
      <label>
        Prefix <input name="prefix" placeholder="all sources" autocomplete="off" />
      </label>
      <label>
        Preset <input name="preset" placeholder="all presets" autocomplete="off" />
      </label>
      <button type="submit" class="primary" disabled={info.value?.readOnly}>
        Warm
      </button>
    </form>
  );
}

function Run({ run, onStart }: { run: RunState; onStart: Start }) {
  const { name, startedAt, state, code, text } = run;
  const isPaused = state === "done" && code === 130;
  const after = afterOf(run.output.at(-1));
  return (
    <li class="card">
      <div class="row spread">
        <b>{name}</b>
        <span class="dim">
          started <Ago at={startedAt} />
          {state === "done" && ` · ${isPaused ? "paused" : `exit code ${code ?? "none"}`}`}
        </span>
      </div>
      <RunEnd run={run} />
      {isPaused && name === "reprocess" && (
        <button
          type="button"
          class="primary"
          onClick={() => onStart({ name: "reprocess", resume: true })}
        >
          Resume
        </button>
      )}
      {isPaused && name === "warm" && after !== undefined && (
        <button type="button" class="primary" onClick={() => onStart({ name: "warm", after })}>
          Resume
        </button>
      )}
      <Findings run={run} />
      <CommandLine text={text} />
    </li>
  );
}

/** Where an interrupted `warm` goes on. */
function afterOf(outcome: unknown): string | undefined {
  if (typeof outcome !== "object" || outcome === null || !("after" in outcome)) return undefined;
  return typeof outcome.after === "string" ? outcome.after : undefined;
}

/** What a command printed beside its last line: the findings of an audit. */
function Findings({ run }: { run: RunState }) {
  const found = run.output.slice(0, -1);
  if (found.length === 0) return null;
  return (
    <details>
      <summary>
        {found.length < run.printed - 1
          ? `The last ${found.length} of ${run.printed - 1}`
          : found.length}{" "}
        lines
      </summary>
      <pre class="log">{found.map((line) => JSON.stringify(line)).join("\n")}</pre>
    </details>
  );
}
