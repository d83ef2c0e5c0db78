import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { RunEnd } from "./act.tsx";
import { begin, info, type Read, read, runs } from "./api.ts";
import { duration, thousands, visible } from "./format.ts";
import { CommandLine, Fact, Problem, Waiting } from "./parts.tsx";

/** What `imagefleet fleet --json` prints. */
interface FleetFacts {
  readonly where: string;
  readonly imagefleet: string;
  readonly node: string;
  readonly sharp: string;
  readonly libvips: string;
  readonly recipe: {
    readonly fingerprint: string;
    readonly file: string;
    readonly presets: readonly Readonly<Record<string, unknown>>[];
    readonly limits: Readonly<Record<string, number>>;
  };
  readonly resources: readonly {
    readonly name: string;
    readonly value: string;
    readonly by: string;
  }[];
  readonly queues: Readonly<Record<string, QueueFacts | null>>;
  readonly links: readonly { readonly name: string; readonly url: string }[];
  readonly edge: string | null;
  readonly api: string | null;
}

interface QueueFacts {
  readonly name: string;
  readonly visibilitySeconds: number;
  readonly retentionSeconds: number;
  readonly maxReceives: number | null;
  readonly encryption: string;
}

/** `sourceBucket` in words. */
function words(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** USD for a million requests, https://aws.amazon.com/sqs/pricing/ (standard queues, the first tier) */
const SQS_USD_A_MILLION = 0.4;
/** The queues of both lanes, and their dead-letter queues. */
const QUEUES = 4;

export function Fleet() {
  const found = useSignal<Read<FleetFacts> | undefined>(undefined);
  const problem = useSignal<string | undefined>(undefined);
  useEffect(() => {
    read<FleetFacts>({ name: "fleet" }).then(
      (answer) => {
        found.value = answer;
      },
      (error: Error) => {
        problem.value = error.message;
      },
    );
  }, []);
  const [facts] = found.value?.output ?? [];
  const looks = (3600 / (info.value?.everySeconds ?? 5)) * QUEUES;
  return (
    <>
      <h1 tabIndex={-1}>Fleet</h1>
      {problem.value !== undefined && <Problem>{problem.value}</Problem>}
      {facts === undefined && problem.value === undefined && <Waiting>Reading …</Waiting>}
      {facts && found.value && (
        <>
          <div class="cards">
            <section class="card">
              <h2>Versions</h2>
              <dl class="facts">
                <Fact name="fleet">{facts.where}</Fact>
                <Fact name="imagefleet">{facts.imagefleet}</Fact>
                <Fact name="Node">{facts.node}</Fact>
                <Fact name="sharp">
                  {facts.sharp}, libvips {facts.libvips}
                </Fact>
                <Fact name="recipe">
                  <code>{facts.recipe.fingerprint}</code>
                </Fact>
                <Fact name="in">
                  <code>{visible(facts.recipe.file)}</code>
                </Fact>
              </dl>
            </section>
            <section class="card">
              <h2>Names</h2>
              <dl class="facts">
                {facts.resources.map(({ name, value }) => (
                  <Fact name={words(name)} key={name}>
                    <code>{visible(value)}</code>
                  </Fact>
                ))}
                {facts.edge !== null && (
                  <Fact name="edge">
                    <code>{facts.edge}</code>
                  </Fact>
                )}
                {facts.api !== null && (
                  <Fact name="API">
                    <code>{facts.api}</code>
                  </Fact>
                )}
              </dl>
            </section>
            <section class="card">
              <h2>Limits</h2>
              <dl class="facts">
                {Object.entries(facts.recipe.limits).map(([name, value]) => (
                  <Fact name={name} key={name}>
                    {thousands(value)}
                  </Fact>
                ))}
              </dl>
            </section>
          </div>
          <Queues of={facts.queues} />
          <Presets of={facts.recipe.presets} />
          {facts.links.length > 0 && (
            <section>
              <h2>In the AWS console</h2>
              <ul class="rows card">
                {facts.links.map(({ name, url }) => (
                  <li key={url}>
                    <a href={url} target="_blank" rel="noreferrer">
                      {name}
                    </a>
                  </li>
                ))}
              </ul>
            </section>
          )}
        </>
      )}
      {info.value?.isLocal === false && <Doctor />}
      <section>
        <h2>What this page costs</h2>
        <p>
          {info.value?.isLocal
            ? "Nothing: the queues are on this machine. On AWS, where the queues are looked at every 5 s, an hour costs "
            : `${thousands(looks)} requests to SQS an hour while it is seen: an hour costs `}
          {usdOfAnHour(info.value?.isLocal ? (3600 / 5) * QUEUES : looks)}. A page that is hidden
          asks nothing.
        </p>
      </section>
      {found.value && <CommandLine text={found.value.text} />}
    </>
  );
}

function usdOfAnHour(requests: number): string {
  return `$${((requests * SQS_USD_A_MILLION) / 1e6).toFixed(4)}`;
}

function Queues({ of }: { of: FleetFacts["queues"] }) {
  return (
    <section>
      <h2>Queues</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard scrolls it. */}
      <section class="scroll card" tabIndex={0} aria-label="Queues">
        <table>
          <thead>
            <tr>
              {["queue", "hidden while in flight", "kept", "receives", "encryption"].map((name) => (
                <th key={name}>{name}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {Object.entries(of).map(([name, queue]) => (
              <tr key={name}>
                <td>{queue?.name ?? words(name)}</td>
                <td>{queue ? duration(queue.visibilitySeconds) : "not known"}</td>
                <td>{queue ? duration(queue.retentionSeconds) : "not known"}</td>
                <td>{queue ? (queue.maxReceives ?? "not limited") : "not known"}</td>
                <td>{queue?.encryption ?? "not known"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </section>
  );
}

function Presets({ of }: { of: FleetFacts["recipe"]["presets"] }) {
  const columns = [...new Set(of.flatMap((preset) => Object.keys(preset)))];
  return (
    <section>
      <h2>Presets</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard scrolls it. */}
      <section class="scroll card" tabIndex={0} aria-label="Presets">
        <table>
          <thead>
            <tr>
              {columns.map((name) => (
                <th key={name}>{name}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {of.map((preset, at) => (
              <tr key={String(at)}>
                {columns.map((name) => (
                  <td key={name}>{textOf(preset[name])}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </section>
  );
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return "–";
  if (Array.isArray(value)) return value.join(", ");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function Doctor() {
  const problem = useSignal<string | undefined>(undefined);
  const start = (event: SubmitEvent) => {
    event.preventDefault();
    if (!(event.currentTarget instanceof HTMLFormElement)) return;
    const stage = new FormData(event.currentTarget).get("stage");
    if (typeof stage !== "string") return;
    begin({ name: "doctor", stage }).catch((error: Error) => {
      problem.value = error.message;
    });
  };
  const run = runs.value.findLast(({ name }) => name === "doctor");
  return (
    <section>
      <h2>Doctor</h2>
      <form class="card form" onSubmit={start}>
        <p class="dim">
          Checks that every part of a stage works. It puts two pictures into the source bucket, and
          removes them.
        </p>
        <label>
          Stage <input name="stage" required pattern="[a-zA-Z0-9\-]+" autocomplete="off" />
        </label>
        <button type="submit" class="primary" disabled={info.value?.readOnly}>
          Examine
        </button>
        {problem.value !== undefined && <Problem>{problem.value}</Problem>}
        {run && <RunEnd run={run} />}
      </form>
    </section>
  );
}
