import {
  Chance,
  type Deployment,
  Fleet,
  type Lateness,
  WAIT_SECONDS,
} from "@imagefleet/simulation";

/** What is true in a minute, whatever CloudWatch knows of it. */
export interface Minute {
  readonly queues: Readonly<
    Record<
      string,
      {
        readonly visible: number;
        readonly inFlight: number;
        readonly age: number;
        /** Moved by SQS since the beginning. */
        readonly moved: number;
        readonly expired: number;
      }
    >
  >;
  readonly calls: number;
  readonly errors: number;
  readonly throttles: number;
  /** s; 0 where nothing ran */
  readonly slowest: number;
  readonly signals: Fleet["signals"];
  readonly desired: number;
  readonly running: number;
  readonly isCrashing: boolean;
  /** The names of alarms in ALARM. */
  readonly alarms: ReadonlySet<string>;
}

/** What happens for a while. */
interface Episode {
  readonly kind: Kind;
  /** Minutes from the beginning, and for how long. */
  readonly from: number;
  readonly minutes: number;
  readonly size: number;
}

const KINDS = [
  "large images",
  "a thousand large images",
  "small images",
  "costly images at once",
  "one very costly image",
  "some batches fail",
  "the function fails",
  "the function is slow",
  "the function is throttled",
  "tasks are killed",
  "Spot has no capacity",
  "the worker's image crashes",
  "a deployment",
  "dead letters drip",
  "dead letters burst",
  "images that crash the worker",
  "images that crash the function",
  "an operator removes dead letters",
  "the large lane stands",
  "viewers get errors",
  "renditions on request fail",
  "many renditions on request",
  "renditions on request are throttled",
  "uploads fail",
  "the table throttles",
  "the table fails",
  "notifications fail",
  "the catalog stands",
  "invalidations stand",
  "the mapping is disabled",
  "nothing",
] as const;
type Kind = (typeof KINDS)[number];

/** What differs between histories. Each follows from its seed. */
export interface History {
  readonly seed: number;
  readonly isLong: boolean;
  readonly minutes: number;
  readonly lateness: Lateness;
  readonly reportsZeros: boolean;
  readonly episodes: readonly Episode[];
}

const HOUR = 60;
const DAY = 24 * HOUR;

/** A history by its number: every fiftieth one is of many days, in which only little happens. */
export function historyOf(seed: number): History {
  const chance = new Chance(seed, "history");
  const isLong = seed % 50 === 0;
  const minutes = isLong ? 15 * DAY : chance.whole(4, 14) * HOUR;
  const drawn = chance.pick([0, 60, 120, 300]);
  // A long one of each kind with metrics on time, and one with late ones.
  const most = isLong ? (seed % 100 === 0 ? 300 : 0) : drawn;
  const kinds: readonly Kind[] = isLong
    ? [
        "the large lane stands",
        "dead letters drip",
        "the function fails",
        "the catalog stands",
        "invalidations stand",
        "the mapping is disabled",
        "nothing",
      ]
    : KINDS;
  const count = isLong ? 1 : chance.whole(1, 4);
  const episodes = Array.from({ length: count }, (): Episode => {
    const at = isLong ? Math.floor(seed / 100) % kinds.length : chance.whole(0, kinds.length - 1);
    const kind = kinds[at] ?? "nothing";
    return {
      kind,
      from: isLong ? chance.whole(30, 9 * HOUR) : chance.whole(30, minutes - 2 * HOUR),
      minutes: isLong ? 14 * DAY : chance.pick([1, 3, 10, 30, 60, 150]),
      size: chance.whole(1, 60),
    };
  });
  return {
    seed,
    isLong,
    minutes,
    lateness: {
      least: chance.is(0.5) || isLong ? most : 0,
      most,
      missing: isLong ? 0 : chance.pick([0, 0, 0.1, 0.3]),
    },
    reportsZeros: chance.is(0.5),
    episodes,
  };
}

/** Plays a history against a deployment. */
export function play(history: History, deployment: Deployment): Minute[] {
  const chance = new Chance(history.seed, "traffic");
  const minutes: Minute[] = [];
  let crashing = 0;
  const fleet: Fleet = new Fleet(deployment, {
    seed: history.seed,
    lateness: history.lateness,
    reportsZeros: history.reportsZeros,
    eventDelay: { p50: 1, p95: 2 },
    waitSeconds: WAIT_SECONDS,
    onMinute: () => minutes.push(minuteOf(fleet, crashing > 0)),
  });
  const { clock } = fleet;
  const removeDeadLetters = (): void => {
    for (const [name, dlq] of Object.entries(fleet.queues)) {
      if (!name.endsWith("Dlq")) continue;
      for (const message of dlq.receive(100_000)) dlq.delete(message);
    }
  };
  for (const { kind, from, minutes: duration, size } of history.episodes) {
    const [begin, end] = [from * 60, (from + duration) * 60];
    /** Does something at random times of the episode. */
    const often = (mean: number, act: () => void, first = 0): void => {
      const next = (): void => {
        if (clock.now >= end) return;
        act();
        clock.after(chance.exponential(mean), next);
      };
      clock.at(begin + first, next);
    };
    const during = (set: (isOn: boolean) => void): void => {
      clock.at(begin, () => set(true));
      clock.at(end, () => set(false));
    };
    const large = (fate: "rendered" | "rejected" | "crashes") =>
      fleet.upload({ lane: "large", cpuSeconds: chance.lognormal(20, 120), fate });
    const small = (fate: "rendered" | "rejected" | "crashes") =>
      fleet.upload({ lane: "small", cpuSeconds: chance.lognormal(0.4, 1), fate });
    const { signals, faults } = fleet;
    const acts: Readonly<Record<Kind, () => void>> = {
      "large images": () => often(duration * (60 / size), () => large("rendered")),
      "a thousand large images": () =>
        clock.at(begin, () => {
          for (let each = 0; each < 17 * size; each++) large("rendered");
        }),
      "small images": () => often(60 / size, () => small("rendered")),
      "costly images at once": () =>
        clock.at(begin, () => {
          for (let each = 0; each < 10 * size; each++) {
            fleet.upload({ lane: "small", cpuSeconds: chance.lognormal(2, 4), fate: "rendered" });
          }
        }),
      "one very costly image": () =>
        clock.at(begin, () =>
          fleet.upload({ lane: "small", cpuSeconds: 100 + size / 4, fate: "rendered" }),
        ),
      "some batches fail": () => {
        often(10, () => small("rendered"));
        during((isOn) => {
          faults.failing = isOn ? size / 100 : 0;
        });
      },
      "the function fails": () => {
        often(20, () => small("rendered"));
        during((isOn) => toggle(faults.functions, "Consume", isOn));
      },
      "the function is slow": () => {
        often(20, () => small("rendered"));
        during((isOn) => {
          faults.slowness = isOn ? 260 : 1;
        });
      },
      "the function is throttled": () => {
        often(20, () => small("rendered"));
        during((isOn) => {
          fleet.account.others = isOn ? fleet.account.concurrency : 0;
        });
      },
      "tasks are killed": () => {
        often(duration * (60 / size), () => large("rendered"));
        often(600, () => fleet.service.kill(chance.whole(1, 3)));
      },
      "Spot has no capacity": () => {
        often(duration * (60 / size), () => large("rendered"));
        during((isOn) => fleet.service.setSpotCapacity(!isOn));
      },
      "the worker's image crashes": () => {
        often(duration * (60 / size), () => large("rendered"));
        during((isOn) => {
          crashing += isOn ? 1 : -1;
          fleet.service.deploy(isOn);
        });
      },
      "a deployment": () => {
        often(duration * (60 / size), () => large("rendered"));
        clock.at((begin + end) / 2, () => fleet.service.deploy(false));
      },
      "dead letters drip": () => {
        often(1200, () => small("rejected"));
        often(1800, () => large("rejected"));
      },
      "dead letters burst": () =>
        clock.at(begin, () => {
          for (let each = 0; each < 4 * size; each++) small("rejected");
          for (let each = 0; each < size; each++) large("rejected");
        }),
      "images that crash the worker": () => clock.at(begin, () => large("crashes")),
      "images that crash the function": () => clock.at(begin, () => small("crashes")),
      "an operator removes dead letters": () => {
        often(900, () => small("rejected"));
        often(900, () => large("rejected"));
        clock.at(end, removeDeadLetters);
      },
      "the large lane stands": () => {
        clock.at(begin, () => fleet.service.deploy(true));
        clock.at(begin + 60, () => large("rendered"));
        clock.at(end, () => fleet.service.deploy(false));
        during((isOn) => {
          crashing += isOn ? 1 : -1;
        });
      },
      "viewers get errors": () => {
        during((isOn) => {
          signals.edge.requests = isOn ? 20 * size : 0;
          signals.edge.errorPercent = isOn ? size / 10 : 0;
        });
      },
      "renditions on request fail": () => {
        during((isOn) => {
          signals.deliver.requests = isOn ? 10 * size : 0;
          signals.deliver.errors = isOn ? size : 0;
        });
      },
      "many renditions on request": () => {
        during((isOn) => {
          signals.deliver.requests = isOn ? 100 * size : 0;
        });
      },
      "renditions on request are throttled": () => {
        // In some minutes only, and then few.
        often(60, () => {
          signals.deliver.throttles = chance.is(0.4) ? 1 + (size % 2) : 0;
        });
        during((isOn) => {
          signals.deliver.requests = isOn ? 100 : 0;
          signals.deliver.throttles = 0;
        });
      },
      "uploads fail": () => {
        during((isOn) => {
          signals.api.requests = isOn ? size : 0;
          signals.api.errors = isOn ? size / 10 : 0;
        });
      },
      "the table throttles": () =>
        during((isOn) => set(signals.table, { throttles: isOn ? 1 + (size % 3) : 0 })),
      "the table fails": () =>
        during((isOn) => set(signals.table, { errors: isOn ? 1 + (size % 3) : 0 })),
      "notifications fail": () =>
        during((isOn) => set(signals.topic, { failed: isOn ? 1 + (size % 3) : 0 })),
      "the catalog stands": () => {
        often(60, () => small("rendered"));
        during((isOn) => toggle(faults.refusing, "Projector", isOn));
      },
      "invalidations stand": () => {
        often(60, () => small("rendered"));
        during((isOn) => toggle(faults.refusing, "Invalidate", isOn));
      },
      "the mapping is disabled": () => {
        often(600, () => small("rendered"));
        during((isOn) => fleet.mappings["Consume"]?.enable(!isOn));
      },
      nothing: () => {},
    };
    acts[kind]();
    // Somebody reads the alarms in the end.
    if (history.isLong) clock.at(end + 3600, removeDeadLetters);
  }
  fleet.run(history.minutes * 60);
  return minutes;
}

function set<T extends object>(signals: T, values: Partial<T>): void {
  Object.assign(signals, values);
}

function toggle(set: Set<string>, name: string, isIn: boolean): void {
  if (isIn) set.add(name);
  else set.delete(name);
}

function minuteOf(fleet: Fleet, isCrashing: boolean): Minute {
  const { Invocations, Errors, Throttles, Duration } = fleet.functionMinutes["Consume"] ?? {};
  const { edge, deliver, api, table, topic } = fleet.signals;
  return {
    queues: Object.fromEntries(
      Object.entries(fleet.queues).map(([name, queue]) => [
        name,
        {
          visible: queue.visible,
          inFlight: queue.inFlight,
          age: queue.age() ?? 0,
          moved: queue.moved,
          expired: queue.expired,
        },
      ]),
    ),
    calls: Invocations?.sum ?? 0,
    errors: Errors?.sum ?? 0,
    throttles: Throttles?.sum ?? 0,
    slowest: (Duration?.max ?? 0) / 1000,
    signals: {
      edge: { ...edge },
      deliver: { ...deliver },
      api: { ...api },
      table: { ...table },
      topic: { ...topic },
    },
    desired: fleet.service.desired,
    running: fleet.service.running,
    isCrashing,
    alarms: new Set(
      fleet.alarms.filter(({ state }) => state === "ALARM").map(({ options }) => options.name),
    ),
  };
}
