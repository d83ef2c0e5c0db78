import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { type Act, ActDialog } from "./act.tsx";
import {
  exportLetters,
  type Group,
  type Letter,
  now,
  type Read,
  read,
  runs,
  type Summary,
  status,
} from "./api.ts";
import { type Filter, filterOf, type Grouping, partsOf, queryOf, selects } from "./filter.ts";
import { ago, many, thousands } from "./format.ts";
import { Ago, Foreign, NoPicture, Preview, Problem, Waiting } from "./parts.tsx";
import { route, to } from "./route.ts";

const GROUPINGS: readonly { id: Grouping; title: string }[] = [
  { id: "reasons", title: "Reason" },
  { id: "messages", title: "Message" },
  { id: "folders", title: "Folder" },
  { id: "hours", title: "Hour" },
];

/** The letters of one read, and of "Show more". */
const LETTERS = 60;
/** The groups that are listed at first: hundreds of folders would hide the letters. */
const GROUPS = 12;

export function DeadLetters() {
  const filter = filterOf(route.value);
  const scope = JSON.stringify(filter);
  const found = useSignal<{ scope: string; answer: Read<Summary> } | undefined>(undefined);
  const problem = useSignal<string | undefined>(undefined);
  const isReading = useSignal(true);
  const letters = useSignal(LETTERS);
  const act = useSignal<Act | undefined>(undefined);
  const again = useSignal(0);

  // A redrive or discard that ends changes what is in the queues.
  const ended = runs.value.filter(({ name, state }) => name.startsWith("dlq") && state === "done");
  useEffect(() => {
    const abort = new AbortController();
    isReading.value = true;
    read<Summary>({ name: "dlq summary", ...filter, letters: letters.value }, abort.signal)
      .then((answer) => {
        found.value = { scope, answer };
        problem.value = undefined;
      })
      .catch((error: Error) => {
        if (abort.signal.aborted) return;
        problem.value = error.message;
        found.value = undefined;
      })
      .finally(() => {
        if (!abort.signal.aborted) isReading.value = false;
      });
    return () => abort.abort();
  }, [scope, letters.value, again.value, ended.length]);

  // Numbers of another scope are not shown beside this one.
  const answer = found.value?.scope === scope ? found.value.answer : undefined;
  const [summary] = answer?.output ?? [];
  return (
    <>
      <div class="row spread">
        <h1 tabIndex={-1}>Dead letters</h1>
        <button
          type="button"
          disabled={isReading.value}
          onClick={() => {
            again.value += 1;
          }}
        >
          Read again
        </button>
      </div>
      <FilterChips filter={filter} />
      {problem.value !== undefined && <Problem>{problem.value}</Problem>}
      {summary === undefined && problem.value === undefined && (
        <Waiting>Reading the dead letters …</Waiting>
      )}
      {summary && answer && (
        <div aria-busy={isReading.value}>
          <Scope summary={summary} read={answer} filter={filter} />
          {summary.deadLetters > 0 && (
            <>
              <Actions
                count={summary.deadLetters}
                filter={filter}
                isReading={isReading.value}
                onAct={(next) => {
                  act.value = next;
                }}
              />
              <Groups summary={summary} filter={filter} />
              <h2>
                {summary.letters.length < summary.deadLetters
                  ? `The latest ${summary.letters.length} of ${thousands(summary.deadLetters)}`
                  : "All of them"}
              </h2>
              <ul class="letters">
                {summary.letters.map((letter) => (
                  <LetterCard key={letter.id} letter={letter} />
                ))}
              </ul>
              {summary.letters.length < summary.deadLetters && (
                <button
                  type="button"
                  onClick={() => {
                    letters.value += LETTERS * 2;
                  }}
                >
                  Show more
                </button>
              )}
            </>
          )}
        </div>
      )}
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

function FilterChips({ filter }: { filter: Filter }) {
  const parts = partsOf(filter);
  if (parts.length === 0) return null;
  return (
    <ul class="chips" aria-label="Filter">
      {parts.map(({ text, without }) => (
        <li key={text}>
          <a class="chip" href={to("dead-letters", queryOf(without))}>
            <Foreign text={text} /> <span aria-hidden="true">✕</span>
            <span class="hidden">remove from the filter</span>
          </a>
        </li>
      ))}
      {parts.length > 1 && (
        <li>
          <a href={to("dead-letters")}>remove all</a>
        </li>
      )}
    </ul>
  );
}

/** How many they are, how old that number is, and what may be missing in it. */
function Scope(props: { summary: Summary; read: Read<Summary>; filter: Filter }) {
  const { summary, read: answer, filter } = props;
  const isFiltered = partsOf(filter).length > 0;
  const counted = status.value
    ? status.value.deadLetters.small + status.value.deadLetters.large
    : undefined;
  const all = Object.values(summary.lanes).reduce((sum, lane) => sum + (lane?.read ?? 0), 0);
  const differs = counted !== undefined && counted !== all && !isFiltered;
  return (
    <div class="scope">
      <p>
        <b class="big">{thousands(summary.deadLetters)}</b>{" "}
        {isFiltered
          ? `of ${thousands(all)} that were read match`
          : many(all, "dead letter").replace(/^[\d,]+ /, "")}
        {summary.deadLetters === 0 && ". There is nothing to do."}
        <span class="dim">
          {" "}
          · read <Ago at={answer.at} /> in {answer.seconds.toFixed(1)} s
        </span>
        {differs && (
          <span class="dim"> · SQS counts {thousands(counted)} now, which is approximate</span>
        )}
      </p>
      {summary.warnings.map((warning) => (
        <p class="warning" key={warning}>
          {warning}
        </p>
      ))}
    </div>
  );
}

function Actions(props: {
  count: number;
  filter: Filter;
  /** The count may still be that of another filter. */
  isReading: boolean;
  onAct: (act: Act) => void;
}) {
  const { count, filter, isReading, onAct } = props;
  const problem = useSignal<string | undefined>(undefined);
  const save = () =>
    exportLetters({ name: "dlq export", ...filter }).catch((error: Error) => {
      problem.value = error.message;
    });
  return (
    <div class="row actions">
      <button
        type="button"
        class="primary"
        disabled={isReading}
        onClick={() => onAct({ verb: "Redrive", command: { name: "dlq redrive", ...filter } })}
      >
        Redrive {thousands(count)} …
      </button>
      <button
        type="button"
        class="danger"
        disabled={isReading}
        onClick={() => onAct({ verb: "Discard", command: { name: "dlq discard", ...filter } })}
      >
        Discard {thousands(count)} …
      </button>
      <button type="button" disabled={isReading} onClick={save}>
        Export {thousands(count)}
      </button>
      {problem.value !== undefined && <Problem>{problem.value}</Problem>}
    </div>
  );
}

function Groups({ summary, filter }: { summary: Summary; filter: Filter }) {
  const grouping = useSignal<Grouping>("reasons");
  const isAll = useSignal(false);
  const groups = summary[grouping.value];
  const most = Math.max(...groups.map(({ deadLetters }) => deadLetters));
  const shown = isAll.value ? groups : groups.slice(0, GROUPS);
  return (
    <section class="card groups" aria-label="Groups">
      <fieldset class="tabs">
        <legend>Group by</legend>
        {GROUPINGS.map(({ id, title }) => (
          <label key={id}>
            <input
              type="radio"
              name="grouping"
              checked={grouping.value === id}
              onChange={() => {
                grouping.value = id;
                isAll.value = false;
              }}
            />
            <span>
              {title} <small>{thousands(summary[id].length)}</small>
            </span>
          </label>
        ))}
      </fieldset>
      <ul class="rows">
        {shown.map((group) => (
          <GroupRow
            key={group.name}
            group={group}
            most={most}
            grouping={grouping.value}
            filter={filter}
          />
        ))}
      </ul>
      {groups.length > shown.length && (
        <button
          type="button"
          class="quiet"
          onClick={() => {
            isAll.value = true;
          }}
        >
          All {thousands(groups.length)} groups
        </button>
      )}
    </section>
  );
}

function GroupRow(props: { group: Group; most: number; grouping: Grouping; filter: Filter }) {
  const { group, most, grouping, filter } = props;
  const more = selects(grouping, group);
  const title = grouping === "hours" ? `${group.name.replace("T", " ")}:00 UTC` : group.name;
  return (
    <li>
      <div class="row spread">
        {more === undefined ? (
          <span>{title}</span>
        ) : (
          <a href={to("dead-letters", queryOf({ ...filter, ...more }))}>
            {grouping === "messages" && <span class="reason">{group.reason} </span>}
            <Foreign text={title} />
          </a>
        )}
        <b>{thousands(group.deadLetters)}</b>
      </div>
      <meter min={0} max={most} value={group.deadLetters} aria-hidden="true" />
      <p class="dim">
        {ago(group.oldest, now.value) === ago(group.newest, now.value) ? (
          <Ago at={group.newest} />
        ) : (
          <>
            <Ago at={group.oldest} /> to <Ago at={group.newest} />
          </>
        )}
      </p>
      {group.advice !== undefined && (
        <p class="advice">
          {group.worthRedriving === false ? "A redrive alone does not help: " : ""}
          {group.advice}
        </p>
      )}
    </li>
  );
}

function LetterCard({ letter }: { letter: Letter }) {
  const { id, key, reason, message, lastAttemptAt, redriveCount, lane } = letter;
  return (
    <li class="card letter">
      {key === null ? (
        <NoPicture why="The message names no source." />
      ) : (
        <Preview of={key} etag={lastAttemptAt} alt="" />
      )}
      <div class="about">
        {key === null ? (
          <b>no source</b>
        ) : (
          <a class="whole" href={to("picture", { key })}>
            <Foreign text={key} of={key} />
          </a>
        )}
        <p>
          <span class="reason">{reason}</span> <Foreign text={message} />
        </p>
        <p class="dim">
          <Ago at={lastAttemptAt} /> · {lane} lane
          {redriveCount > 0 && ` · redriven ${many(redriveCount, "time")}`}
          {" · "}
          <code title={id}>{id.slice(0, 8)}</code>
        </p>
      </div>
    </li>
  );
}
