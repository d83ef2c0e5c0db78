import { history, info, LANES, type LaneName, now, type Status, status } from "./api.ts";
import { Chart } from "./chart.tsx";
import { ago, duration, many, thousands } from "./format.ts";
import { Ago, Waiting } from "./parts.tsx";
import { to } from "./route.ts";

/** The fleet at a glance. */
export function Now() {
  const current = status.value;
  if (current === undefined) {
    return (
      <>
        <h1 tabIndex={-1}>Now</h1>
        <Waiting>Looking at the queues …</Waiting>
      </>
    );
  }
  return (
    <>
      <h1 tabIndex={-1} class={`sentence ${current.state}`}>
        {current.sentence}
      </h1>
      <p class="dim">
        The queues were looked at {ago(current.at, now.value)}, every {info.value?.everySeconds} s
        while this page is seen.
      </p>
      <div class="cards">
        {LANES.map((lane) => (
          <Lane key={lane} lane={lane} of={current} />
        ))}
        <DeadLetterCard of={current} />
      </div>
      <Charts />
    </>
  );
}

function Lane({ lane, of }: { lane: LaneName; of: Status }) {
  const { waiting, inFlight, perSecond, oldestSeconds, emptyInSeconds } = of.lanes[lane];
  const trend =
    perSecond === null || Math.abs(perSecond) < 0.05
      ? "steady"
      : `${perSecond > 0 ? "growing" : "shrinking"} by ${Math.abs(perSecond).toFixed(1)}/s`;
  return (
    <section class="card" aria-label={`${lane} lane`}>
      <h2>{lane === "small" ? "Small lane" : "Large lane"}</h2>
      <p class="dim">{lane === "small" ? "Lambda function" : "Fargate worker"}</p>
      <dl class="figures">
        <div>
          <dt>waiting</dt>
          <dd class="big">{thousands(waiting)}</dd>
        </div>
        <div>
          <dt>in flight</dt>
          <dd class="big">{thousands(inFlight)}</dd>
        </div>
      </dl>
      <ul class="plain dim">
        <li>{waiting + inFlight === 0 ? "empty" : trend}</li>
        {oldestSeconds !== null && oldestSeconds > 0 && (
          <li>the oldest waits {duration(oldestSeconds)}</li>
        )}
        {typeof emptyInSeconds === "number" && waiting + inFlight > 0 && (
          <li>empty in about {duration(emptyInSeconds)}</li>
        )}
      </ul>
    </section>
  );
}

function DeadLetterCard({ of }: { of: Status }) {
  const count = of.deadLetters.small + of.deadLetters.large;
  const most = Math.max(...of.reasons.map(({ deadLetters }) => deadLetters));
  return (
    <section class="card" aria-label="dead letters">
      <h2>Dead letters</h2>
      <p class={count > 0 ? "big bad" : "big good"}>{thousands(count)}</p>
      {count === 0 && <p class="dim">Nothing has failed.</p>}
      <ul class="bars">
        {of.reasons.map(({ name, deadLetters }) => (
          <li key={name}>
            <a href={to("dead-letters", { reason: name })}>
              <span>{name}</span>
              <meter min={0} max={most} value={deadLetters} aria-hidden="true" />
              <b>{thousands(deadLetters)}</b>
            </a>
          </li>
        ))}
      </ul>
      {count > 0 && (
        <p class="dim">
          Reasons were read <Ago at={of.reasonsAt} />.
        </p>
      )}
    </section>
  );
}

function Charts() {
  const samples = history.value;
  if (samples.length < 2) return <p class="dim">Charts begin with the second look.</p>;
  const times = samples.map(({ at }) => Date.parse(at) / 1000);
  const span = (times.at(-1) ?? 0) - (times[0] ?? 0);
  const of = (lane: LaneName) =>
    samples.map(({ lanes }) => lanes[lane].waiting + lanes[lane].inFlight);
  return (
    <section class="charts">
      <Chart
        title="Messages in the lanes"
        times={times}
        series={[
          { label: "small lane", values: of("small"), color: "--blue" },
          { label: "large lane", values: of("large"), color: "--violet" },
        ]}
        summary={`Messages in the lanes over ${duration(span)}: ${LANES.map(
          (lane) => `${lane} lane now ${of(lane).at(-1)}, at most ${Math.max(...of(lane))}`,
        ).join("; ")}.`}
      />
      <Chart
        title="Dead letters"
        times={times}
        series={[
          {
            label: "dead letters",
            values: samples.map(({ deadLetters: { small, large } }) => small + large),
            color: "--red",
          },
        ]}
        summary={`Dead letters over ${duration(span)}: now ${many(
          (status.value?.deadLetters.small ?? 0) + (status.value?.deadLetters.large ?? 0),
          "dead letter",
        )}.`}
      />
    </section>
  );
}
