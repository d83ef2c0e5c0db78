import { useComputed, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { type Act, ActDialog } from "./act.tsx";
import { commandTextOf, info } from "./api.ts";
import { Compare } from "./compare.tsx";
import { bytes, duration, many, thousands, usd, visible } from "./format.ts";
import {
  type Change,
  type Edit,
  type Format,
  lineOf,
  measure,
  measureAll,
  openSample,
  type Preset,
  type Result,
  referenceUrl,
  type Sample,
  type Total,
  writeChanges,
} from "./lab-api.ts";
import { CommandLine, Problem, Waiting } from "./parts.tsx";

/** Page views of each rendition, for the cost. */
const VIEWS = 10;

/** A person is still moving a slider, ms. */
const SETTLE_MS = 250;

const FORMATS: readonly Format[] = ["avif", "webp", "jpeg"];

/** https://github.com/cloudinary/ssimulacra2#usage */
function levelOf(score: number): string {
  if (score >= 90) return "lossless to the eye";
  if (score >= 80) return "very high";
  if (score >= 70) return "high";
  return score >= 50 ? "medium" : "low";
}

/** The sample that is open stays when a person leaves the page and returns. */
const kept: { sample?: Sample; targets: readonly string[] } = { targets: [] };

/** The recipe on a sample of pictures: choose by looking. */
export function Lab() {
  const sample = useSignal<Sample | undefined>(kept.sample);
  const progress = useSignal<string | undefined>(undefined);
  const problem = useSignal<string | undefined>(undefined);
  const take = (event: SubmitEvent) => {
    event.preventDefault();
    if (!(event.currentTarget instanceof HTMLFormElement)) return;
    const target = new FormData(event.currentTarget).get("target");
    const targets = typeof target === "string" && target !== "" ? [target] : [];
    sample.value = undefined;
    problem.value = undefined;
    progress.value = "listing …";
    openSample(
      targets,
      (listed, prepared) => {
        progress.value =
          prepared === 0
            ? `${thousands(listed)} listed`
            : `${prepared} prepared, of ${many(listed, "source")}`;
      },
      new AbortController().signal,
    )
      .then((opened) => {
        sample.value = opened;
        kept.sample = opened;
        kept.targets = targets;
      })
      .catch((error: Error) => {
        problem.value = error.message;
      })
      .finally(() => {
        progress.value = undefined;
      });
  };
  return (
    <>
      <h1 tabIndex={-1}>Recipe lab</h1>
      <form class="search" onSubmit={take}>
        <label for="target">Pictures to try the recipe on: a folder or files, or a bucket</label>
        <div class="row">
          <input
            id="target"
            name="target"
            defaultValue={kept.targets[0] ?? ""}
            placeholder="the source bucket; or ~/Pictures, or s3://bucket/prefix"
            autocomplete="off"
            spellcheck={false}
          />
          <button type="submit" class="primary" disabled={progress.value !== undefined}>
            Take a sample
          </button>
        </div>
      </form>
      {progress.value !== undefined && <Waiting>{progress.value}</Waiting>}
      {problem.value !== undefined && <Problem>{problem.value}</Problem>}
      {sample.value ? (
        <Bench key={sample.value.pictures.map(({ id }) => id).join()} sample={sample.value} />
      ) : (
        progress.value === undefined && (
          <p class="dim">
            A few of the pictures are rendered on this machine by every preset and format of
            recipe.ts. You see each beside the original, with its bytes, its score and what a
            million of them cost, and can change a value and write it back.
          </p>
        )
      )}
    </>
  );
}

const idOf = ({ label, format }: { label: string; format: string }) => `${label} ${format}`;

function Bench({ sample }: { sample: Sample }) {
  const presets = useSignal(sample.presets);
  const results = useSignal<ReadonlyMap<string, Result>>(new Map());
  const total = useSignal<Total | undefined>(undefined);
  const problem = useSignal<string | undefined>(undefined);
  const isMeasuring = useSignal(true);
  const views = useSignal(VIEWS);
  const picked = useSignal(sample.presets[0] ? idOf(sample.presets[0]) : "");
  const picture = useSignal(sample.pictures[0]?.id ?? "");

  useEffect(() => {
    const abort = new AbortController();
    isMeasuring.value = true;
    const done = (result: Result) => {
      results.value = new Map(results.value).set(idOf(result), result);
    };
    measureAll(views.value, done, abort.signal)
      .then((found) => {
        total.value = found;
        isMeasuring.value = false;
      })
      .catch((error: Error) => {
        if (!abort.signal.aborted) problem.value = error.message;
      });
    return () => abort.abort();
  }, [views.value, presets.value]);

  const preset = presets.value.find((each) => idOf(each) === picked.value);
  const label = preset?.label ?? sample.presets[0]?.label ?? "";
  return (
    <>
      {sample.notes.map((note) => (
        <p class="dim" key={note}>
          {visible(note)}
        </p>
      ))}
      {Object.entries(sample.rejected).map(([reason, count]) => (
        <p class="warning" key={reason}>
          {many(count, "picture")} of the sample cannot be rendered: {reason}
        </p>
      ))}
      {problem.value !== undefined && <Problem>{problem.value}</Problem>}
      <div class="strip" role="radiogroup" aria-label="Pictures of the sample">
        {sample.pictures.map(({ id, name, width, height, bytes: size }) => (
          <label key={id} title={visible(name)}>
            <input
              type="radio"
              name="picture"
              checked={picture.value === id}
              onChange={() => {
                picture.value = id;
              }}
            />
            <img src={referenceUrl(id, label)} alt={visible(name)} />
            <small class="dim">
              {width} × {height}, {bytes(size)}
            </small>
          </label>
        ))}
      </div>
      <div class="bench">
        <Table
          presets={presets.value}
          results={results.value}
          total={total.value}
          isMeasuring={isMeasuring.value}
          picked={picked.value}
          onPick={(id) => {
            picked.value = id;
          }}
          views={views.value}
          onViews={(count) => {
            views.value = count;
          }}
          pictures={sample.pictures.length}
        />
        {preset && (
          <Changing
            key={picked.value}
            preset={preset}
            now={results.value.get(picked.value)}
            picture={picture.value}
            views={views.value}
            onWritten={(written) => {
              presets.value = written;
            }}
          />
        )}
      </div>
    </>
  );
}

function Table(props: {
  presets: readonly Preset[];
  results: ReadonlyMap<string, Result>;
  total: Total | undefined;
  isMeasuring: boolean;
  picked: string;
  onPick: (id: string) => void;
  views: number;
  onViews: (views: number) => void;
  pictures: number;
}) {
  const { presets, results, total } = props;
  return (
    <section class="card" aria-label="Presets" aria-busy={props.isMeasuring}>
      <div class="scroll">
        <table class="picks">
          <thead>
            <tr>
              <th>preset</th>
              <th>quality</th>
              <th class="number">bytes</th>
              <th class="number">score</th>
              <th class="number">worst</th>
              <th class="number">a million</th>
            </tr>
          </thead>
          <tbody>
            {presets.map((preset) => {
              const id = idOf(preset);
              const result = results.get(id);
              return (
                <tr key={id} class={id === props.picked ? "picked" : ""}>
                  <td>
                    <button
                      type="button"
                      class="pick"
                      aria-pressed={id === props.picked}
                      onClick={() => props.onPick(id)}
                    >
                      <b>{preset.label}</b> {preset.format}
                    </button>
                  </td>
                  <td>{preset.quality}</td>
                  <td class="number">{result ? bytes(result.bytes) : "…"}</td>
                  <td class="number">{result ? result.score.toFixed(1) : ""}</td>
                  <td class="number">{result ? result.worstTenth.toFixed(1) : ""}</td>
                  <td class="number">{result ? usd(result.millionUsd) : ""}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      <div class="row">
        <label>
          Views of each{" "}
          <input
            class="short"
            type="number"
            min="0"
            max="1000000"
            value={props.views}
            onChange={({ currentTarget }) => {
              if (currentTarget.checkValidity()) props.onViews(Number(currentTarget.value));
            }}
          />
        </label>
        {props.isMeasuring && <Waiting>Measuring {many(props.pictures, "picture")} …</Waiting>}
      </div>
      {total && (
        <p>
          A million pictures: <b>{usd(total.totalUsd)}</b>{" "}
          <span class="dim">
            (Lambda {usd(total.lambdaUsd)} for encoding, S3 {usd(total.s3Usd)}, transfer{" "}
            {usd(total.transferUsd)} for the views), and {usd(total.storageUsdAMonth)} a month for{" "}
            {bytes(total.bytes)} each. Encoding takes {duration((total.cpuMs * 1e6) / 1000)} of CPU
            time.
          </span>
        </p>
      )}
    </section>
  );
}

/** One preset and format: change a value, and see. */
function Changing(props: {
  preset: Preset;
  now: Result | undefined;
  picture: string;
  views: number;
  onWritten: (presets: readonly Preset[]) => void;
}) {
  const { preset, now, picture, views } = props;
  const format = useSignal(FORMATS.find((each) => each === preset.format));
  const quality = useSignal(preset.quality ?? 80);
  const effort = useSignal(preset.effort);
  const mozjpeg = useSignal(preset.mozjpeg ?? false);
  const result = useSignal<Result | undefined>(undefined);
  const isMeasuring = useSignal(false);
  const problem = useSignal<string | undefined>(undefined);
  const edit = useSignal<Edit | undefined>(undefined);
  const written = useSignal(false);
  const act = useSignal<Act | undefined>(undefined);
  const command = useSignal("");

  const change = useComputed<Change | undefined>(() => {
    if (format.value === undefined) return undefined;
    const { preset: name, label } = preset;
    return {
      ...{ preset: name, label, format: format.value, quality: quality.value },
      ...(effort.value !== undefined && format.value !== "jpeg" && { effort: effort.value }),
      ...(format.value === "jpeg" && { mozjpeg: mozjpeg.value }),
    };
  });
  const isChanged =
    format.value !== preset.format ||
    quality.value !== preset.quality ||
    (effort.value ?? preset.effort) !== preset.effort ||
    mozjpeg.value !== (preset.mozjpeg ?? false);
  const text = JSON.stringify(change.value);

  useEffect(() => {
    const asked = change.value;
    written.value = false;
    if (!isChanged || asked === undefined) {
      result.value = undefined;
      edit.value = undefined;
      problem.value = undefined;
      isMeasuring.value = false;
      return;
    }
    const abort = new AbortController();
    const fail = (error: Error) => {
      if (!abort.signal.aborted) problem.value = error.message;
    };
    isMeasuring.value = true;
    const timer = setTimeout(() => {
      const name = `${asked.preset}.${asked.format}.quality=${asked.quality}`;
      commandTextOf({ name: "compare", targets: [...kept.targets], set: [name] }).then((found) => {
        command.value = found;
      }, fail);
      lineOf(asked).then(
        (found) => {
          edit.value = found;
        },
        () => {
          edit.value = undefined;
        },
      );
      measure(asked, views, abort.signal)
        .then((found) => {
          result.value = found;
          problem.value = undefined;
          isMeasuring.value = false;
        })
        .catch(fail);
    }, SETTLE_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [text, views]);

  const write = () => {
    const asked = change.value;
    if (asked === undefined) return;
    writeChanges([asked]).then(
      ({ presets }) => {
        written.value = true;
        props.onWritten(presets);
      },
      (error: Error) => {
        problem.value = error.message;
      },
    );
  };
  const range = preset.editable.find(({ field }) => field === "effort");
  return (
    <section class="card change" aria-label="Change">
      <h2>
        {preset.label} <span class="dim">{preset.when === "request" && "made on request"}</span>
      </h2>
      {preset.encoding === "by-content" && (
        <p class="dim">Drawings of this preset are encoded without loss, whatever the quality.</p>
      )}
      {format.value === undefined ? (
        <p class="dim">{preset.format} has no quality to choose.</p>
      ) : (
        <div class="controls">
          <label>
            Format
            <select
              value={format.value}
              onChange={({ currentTarget }) => {
                const chosen = FORMATS.find((each) => each === currentTarget.value);
                if (chosen === undefined) return;
                format.value = chosen;
                effort.value = chosen === preset.format ? preset.effort : undefined;
                mozjpeg.value = chosen === preset.format && (preset.mozjpeg ?? false);
              }}
            >
              {FORMATS.map((each) => (
                <option key={each}>{each}</option>
              ))}
            </select>
          </label>
          <Slider name="Quality" from={1} to={100} of={quality} />
          {range && format.value === preset.format && (
            <Slider name="Effort" from={range.from ?? 0} to={range.to ?? 9} of={effort} />
          )}
          {format.value === "jpeg" && (
            <label class="check">
              <input
                type="checkbox"
                checked={mozjpeg.value}
                onChange={({ currentTarget }) => {
                  mozjpeg.value = currentTarget.checked;
                }}
              />{" "}
              MozJPEG
            </label>
          )}
        </div>
      )}
      <Difference now={now} changed={result.value} isMeasuring={isMeasuring.value} />
      {problem.value !== undefined && <Problem>{problem.value}</Problem>}
      <Compare
        picture={picture}
        label={preset.label}
        now={now?.renditions.find((each) => each.picture === picture)}
        changed={result.value?.renditions.find((each) => each.picture === picture)}
        isMeasuring={isMeasuring.value}
      />
      {written.value && <p role="status">It is written into the recipe. Deploy it, and then:</p>}
      {isChanged && edit.value && edit.value.after.length > 0 && (
        <>
          <pre class="diff">
            {edit.value.before.map((line) => (
              <del key={line}>{visible(line)}</del>
            ))}
            {edit.value.after.map((line) => (
              <ins key={line}>{visible(line)}</ins>
            ))}
          </pre>
          <div class="row">
            <button
              type="button"
              class="primary"
              disabled={info.value?.readOnly || written.value}
              onClick={write}
            >
              Write into the recipe
            </button>
            <button
              type="button"
              onClick={() => navigator.clipboard.writeText(edit.value?.after.join("\n") ?? "")}
            >
              Copy the line
            </button>
          </div>
        </>
      )}
      <div class="row actions">
        <button
          type="button"
          onClick={() => {
            act.value = {
              verb: "Reprocess",
              command: { name: "reprocess", preset: preset.preset },
            };
          }}
        >
          What a reprocess would take …
        </button>
      </div>
      {isChanged && command.value !== "" && <CommandLine text={command.value} />}
      {act.value && (
        <ActDialog
          act={act.value}
          onClose={() => {
            act.value = undefined;
          }}
        />
      )}
    </section>
  );
}

function Slider(props: {
  name: string;
  from: number;
  to: number;
  of: { value: number | undefined };
}) {
  const { name, from, to, of } = props;
  return (
    <label>
      <span>
        {name} <b>{of.value}</b>
      </span>
      <input
        type="range"
        min={from}
        max={to}
        value={of.value}
        onInput={({ currentTarget }) => {
          of.value = Number(currentTarget.value);
        }}
      />
    </label>
  );
}

/** A setting beside that of the recipe. */
function Difference(props: {
  now: Result | undefined;
  changed: Result | undefined;
  isMeasuring: boolean;
}) {
  const { now, changed } = props;
  const percent = (a: number, b: number) => {
    const change = Math.round((b / a - 1) * 100);
    return change === 0 ? "the same" : `${change > 0 ? "+" : "−"}${Math.abs(change)} %`;
  };
  const rows: readonly [string, (of: Result) => string, ((a: Result, b: Result) => string)?][] = [
    ["bytes", (of) => bytes(of.bytes), (a, b) => percent(a.bytes, b.bytes)],
    ["score", (of) => `${of.score.toFixed(1)}, ${levelOf(of.score)}`],
    ["worst tenth", (of) => of.worstTenth.toFixed(1)],
    ["CPU each", (of) => `${of.cpuMs.toFixed(0)} ms`, (a, b) => percent(a.cpuMs, b.cpuMs)],
    ["a million", (of) => usd(of.millionUsd), (a, b) => percent(a.millionUsd, b.millionUsd)],
    ["time a million", (of) => `${duration(of.millionCpuSeconds)} of CPU`],
  ];
  return (
    <table class="difference" aria-busy={props.isMeasuring}>
      <thead>
        <tr>
          <td />
          <th>the recipe</th>
          <th>changed</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(([name, textOf, changeOf]) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{now ? textOf(now) : "…"}</td>
            <td>
              {changed ? textOf(changed) : props.isMeasuring ? "…" : "–"}{" "}
              {now && changed && changeOf && <small class="dim">{changeOf(now, changed)}</small>}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
