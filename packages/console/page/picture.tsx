import { useComputed, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { type Act, ActDialog, RunEnd } from "./act.tsx";
import { begin, info, type Letter, type Read, read, renditionUrl, runs } from "./api.ts";
import { escapeGlob } from "./filter.ts";
import { bytes, many, thousands, visible } from "./format.ts";
import { Ago, CommandLine, Fact, Foreign, NoPicture, Preview, Problem, Waiting } from "./parts.tsx";
import { go, route, to } from "./route.ts";

/** The dead letters and suggestions that are listed: one source may have hundreds. */
const LISTED = 5;

/** What `imagefleet picture KEY --json` prints. */
interface PictureFacts {
  readonly key: string;
  readonly bucket: string;
  readonly source:
    | {
        readonly state: "present";
        readonly bytes: number;
        readonly type: string | null;
        readonly etag: string | null;
        readonly modified: string;
      }
    | { readonly state: "missing" }
    | { readonly state: "unknown"; readonly message: string };
  readonly manifest: Readonly<Record<string, unknown>> | null;
  readonly state: string;
  readonly why: readonly string[];
  readonly renditions: readonly Rendition[];
  readonly deadLetters: readonly Letter[] | null;
  readonly history: readonly {
    readonly at: string;
    readonly event: string;
    readonly text: string;
  }[];
  readonly logs: readonly { readonly at: string; readonly text: string }[] | null;
  readonly logsWarning: string | null;
  readonly warnings: readonly string[];
  readonly next: readonly { readonly what: string; readonly command: string }[];
}

interface Rendition {
  readonly preset: string;
  readonly key: string;
  readonly format: string;
  readonly width: number | null;
  readonly height: number | null;
  readonly bytes: number | null;
  readonly state: string;
  readonly why: string | null;
  readonly modified: string | null;
}

/** One picture: its source, what was made of it, and why something is missing. */
export function Picture() {
  const key = route.value.query.get("key") ?? "";
  return (
    <>
      <h1 tabIndex={-1}>Picture</h1>
      <Search of={key} />
      {key !== "" && <Found key={key} of={key} />}
    </>
  );
}

function Search({ of }: { of: string }) {
  const search = (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget;
    if (!(form instanceof HTMLFormElement)) return;
    const key = new FormData(form).get("key");
    if (typeof key === "string" && key !== "") go("picture", { key });
  };
  return (
    <search>
      <form class="search" onSubmit={search}>
        <label for="key">The key of a source, or any address of it</label>
        <div class="row">
          <input
            id="key"
            name="key"
            key={of}
            defaultValue={of}
            placeholder="cats/tom.jpg, or https://…/thumb/cats/tom.jpg.webp?v=…"
            autocomplete="off"
            spellcheck={false}
          />
          <button type="submit" class="primary">
            Find
          </button>
        </div>
      </form>
    </search>
  );
}

function Found({ of }: { of: string }) {
  const found = useSignal<Read<PictureFacts> | undefined>(undefined);
  const problem = useSignal<string | undefined>(undefined);
  const act = useSignal<Act | undefined>(undefined);
  const making = useSignal<number | undefined>(undefined);
  const withLogs = useSignal(false);
  const refused = useSignal<string | undefined>(undefined);
  const made = useComputed(() => runs.value.find(({ id }) => id === making.value));
  const isMade = made.value?.state === "done";
  useEffect(() => {
    const abort = new AbortController();
    read<PictureFacts>({ name: "picture", key: of, logs: withLogs.value }, abort.signal)
      .then((answer) => {
        found.value = answer;
        problem.value = undefined;
      })
      .catch((error: Error) => {
        if (!abort.signal.aborted) problem.value = error.message;
      });
    return () => abort.abort();
  }, [of, isMade, withLogs.value]);
  const [facts] = found.value?.output ?? [];
  if (problem.value !== undefined) return <Problem>{problem.value}</Problem>;
  if (facts === undefined || found.value === undefined) return <Waiting>Looking it up …</Waiting>;
  const { source, key } = facts;
  const deadLetters = facts.deadLetters ?? [];
  const again = () =>
    begin({ name: "reprocess", only: key, force: true }).then(
      (run) => {
        making.value = run.id;
      },
      (error: Error) => {
        refused.value = error.message;
      },
    );
  return (
    <>
      <section class="card source">
        {source.state === "present" ? (
          <Preview of={key} etag={source.etag ?? ""} alt="The source" />
        ) : (
          <NoPicture
            why={source.state === "missing" ? "The source does not exist." : source.message}
          />
        )}
        <div class="about">
          <h2>
            <Foreign text={key} />
          </h2>
          <p>
            <span class={`state ${toneOf(facts.state)}`}>{facts.state}</span>{" "}
            <span class="dim">
              · looked up <Ago at={found.value.at} />
            </span>
          </p>
          {facts.why.map((why) => (
            <p key={why}>
              <Foreign text={why} />
            </p>
          ))}
          {facts.warnings.map((warning) => (
            <p class="warning" key={warning}>
              {visible(warning)}
            </p>
          ))}
          <dl class="facts">
            <Fact name="bucket">{facts.bucket}</Fact>
            {source.state === "present" && (
              <>
                <Fact name="source">
                  {bytes(source.bytes)}, {visible(source.type ?? "no type")}, written{" "}
                  <Ago at={source.modified} />
                </Fact>
                <Fact name="ETag">
                  <code>{visible(source.etag ?? "")}</code>
                </Fact>
              </>
            )}
          </dl>
          <div class="row actions">
            <button type="button" disabled={info.value?.readOnly} onClick={again}>
              Make again
            </button>
            <button
              type="button"
              onClick={() => {
                act.value = { verb: "Purge", command: { name: "purge", target: key } };
              }}
            >
              Purge …
            </button>
          </div>
          {refused.value !== undefined && <Problem>{refused.value}</Problem>}
          {made.value && <RunEnd run={made.value} />}
        </div>
      </section>
      {deadLetters.length > 0 && (
        <section>
          <h2>{many(deadLetters.length, "dead letter")}</h2>
          <ul class="rows card">
            {deadLetters.slice(-LISTED).map((letter) => (
              <li key={letter.id}>
                <span class="reason">{letter.reason}</span> <Foreign text={letter.message} />
                <p class="dim">
                  <Ago at={letter.lastAttemptAt} />, {letter.lane} lane, redriven{" "}
                  {many(letter.redriveCount, "time")}
                </p>
              </li>
            ))}
            {deadLetters.length > LISTED && (
              <li>
                <a href={to("dead-letters", { key: escapeGlob(key) })}>
                  All {thousands(deadLetters.length)}
                </a>
              </li>
            )}
          </ul>
        </section>
      )}
      <Renditions of={facts.renditions} />
      <History facts={facts} />
      <section>
        <h2>Log lines</h2>
        {facts.logs === null ? (
          withLogs.value ? (
            <p class="dim">{visible(facts.logsWarning ?? "There are no log lines to read.")}</p>
          ) : (
            <button
              type="button"
              onClick={() => {
                withLogs.value = true;
              }}
            >
              Read the log
            </button>
          )
        ) : (
          <pre class="card log">
            {facts.logs.length === 0
              ? "No line names this key."
              : facts.logs.map(({ at, text }) => `${at}  ${visible(text)}`).join("\n")}
          </pre>
        )}
      </section>
      <section>
        <h2>In a terminal</h2>
        <CommandLine text={found.value.text} />
        {facts.next.slice(0, LISTED).map(({ what, command }) => (
          <div key={command}>
            <p class="dim">{visible(what)}</p>
            <CommandLine text={command} />
          </div>
        ))}
        {facts.manifest && (
          <details>
            <summary>The manifest</summary>
            <pre class="card log">
              {visible(JSON.stringify(facts.manifest, null, 1)).replaceAll("\\u{a}", "\n")}
            </pre>
          </details>
        )}
      </section>
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

const EVENT_TONES: Readonly<Record<string, string>> = {
  attempt: "bad",
  deleted: "bad",
  source: "good",
};

function toneOf(state: string): string {
  if (state === "up-to-date") return "good";
  return state === "rejected" || state === "missing" ? "bad" : "warn";
}

function Renditions({ of }: { of: readonly Rendition[] }) {
  if (of.length === 0) return null;
  const widths = of.map(({ width }) => width ?? 0);
  return (
    <section>
      <h2>{many(of.length, "rendition")}</h2>
      <p class="dim">Up to {Math.max(...widths)} px wide; each is shown as it is stored.</p>
      <ul class="renditions">
        {of.map((rendition) => (
          <li key={rendition.key} class="card">
            {rendition.bytes === null || rendition.state === "missing" ? (
              <NoPicture
                why={
                  rendition.state === "on-request" ? "made when it is requested" : rendition.state
                }
              />
            ) : (
              <a href={renditionUrl(rendition.key)} target="_blank" rel="noreferrer">
                <img
                  class="preview"
                  src={renditionUrl(rendition.key, rendition.modified ?? "")}
                  alt={`${rendition.preset}, ${rendition.format}`}
                  loading="lazy"
                />
              </a>
            )}
            <p>
              <b>{rendition.preset}</b> {rendition.format}
              {rendition.state !== "present" && rendition.state !== "on-request" && (
                <span class="state warn"> {rendition.state}</span>
              )}
            </p>
            {rendition.why !== null && <p class="advice">{visible(rendition.why)}</p>}
            <p class="dim">
              {rendition.width !== null && `${rendition.width} × ${rendition.height}`}
              {rendition.bytes !== null && ` · ${bytes(rendition.bytes)}`}
            </p>
          </li>
        ))}
      </ul>
    </section>
  );
}

function History({ facts }: { facts: PictureFacts }) {
  if (facts.history.length === 0) return null;
  return (
    <section>
      <h2>History</h2>
      <ol class="rows card">
        {facts.history.map(({ at, event, text }) => (
          <li key={`${at}${text}`} class="moment">
            <span class="dim">
              <Ago at={at} />
            </span>
            <span class={`state ${EVENT_TONES[event] ?? ""}`}>{event}</span>
            <Foreign text={text} />
          </li>
        ))}
      </ol>
    </section>
  );
}
