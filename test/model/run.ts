import { REJECTED_REASONS } from "@imagefleet/core/outcome";
import {
  catalogVerdict,
  clearProjections,
  endProjection,
  hasFreeProjection,
  projections,
  startProjection,
} from "./catalog.ts";
import { Chance } from "./chance.ts";
import {
  sessions as attempts,
  clearSlots,
  end,
  hasFreeDeliverySlot,
  hasFreeSlot,
  MAX_RECEIVES,
  start,
  startDelivery,
} from "./fleet.ts";
import { forgeManifest, placeBystanders, sendForeignMessage } from "./intruder.ts";
import { RENDITIONS } from "./s3.ts";
import type { Session } from "./session.ts";
import { verdict } from "./verdict.ts";
import { type ModelLane, World } from "./world.ts";

/** More steps than any history needs that ends. */
const MAX_STEPS = 6_000;

/**
 * The weights of attempts, as in probabilistic concurrency testing (Burckhardt et al., ASPLOS 2010):
 * with equal weights it is rare that one attempt rests while others end.
 */
const PACES = [0.02, 0.3, 1, 5] as const;
const CHANGE_OF_PACE = 0.08;

/** Before these calls, what an attempt has read may be out of date: the rules are for these moments. */
const WINDOW = /^(put renditions\/manifests|head sources|remove )/;
const DELIVERY_WINDOW = /^(put renditions|head sources|send )/;
/** The probability that an attempt rests before such a call, in histories with rests. */
const RESTS = 0.5;
/** It rests until at most so many ends of attempts or changes. */
const MAX_PROGRESS = 5;

/** How often each kind of event may still happen in a history. */
interface Budget {
  /** The probability, in [0, 1], that an attempt rests before a call at a window. */
  readonly rests: number;
  /** Only one attempt at a time rests, and others mostly end before anything else starts. */
  readonly isTidy: boolean;
  changes: number;
  crashes: number;
  overruns: number;
  errors: number;
  deployments: number;
  redrives: number;
  expiries: number;
  /** Requests of viewers for keys that the bucket mostly does not have. */
  requests: number;
  /** Requests of viewers for what is stored. */
  views: number;
  /** Messages that name another bucket, and forged manifests. */
  intrusions: number;
}

/** Each write of a manifest has the next `seq`, also within a millisecond: no history has so many, ms. */
const MOST_WRITES_MS = 1000;

export interface RunResult {
  /** Empty if the history is correct. */
  readonly violations: readonly string[];
  readonly trace: readonly string[];
}

/** Plays one history, which the seed determines, until nothing is left to do. */
export async function run(seed: number): Promise<RunResult> {
  const chance = new Chance(seed);
  const world = new World(chance, MAX_RECEIVES);
  const trace: string[] = [];
  clearSlots();
  clearProjections();
  const budget = budgetOf(chance, world);
  // A forged manifest has no event.
  world.hasCatalog = budget.intrusions === 0 && chance.happens(0.4);
  world.deploys = budget.deployments > 0;
  placeBystanders(world);

  // The clock of `seq`: the time of the model, so that a history depends on its seed alone.
  using _clock = clockOf(world);
  await play(world, budget, trace);
  if (world.deploys) {
    // When no program with an older recipe runs, every source is reprocessed.
    trace.push("reprocess");
    world.reprocess();
    await play(world, budget, trace);
  }
  const ofCatalog = world.hasCatalog ? catalogVerdict(world) : [];
  return { violations: [...world.violations, ...verdict(world), ...ofCatalog], trace };
}

function clockOf(world: World): Disposable {
  const { now } = Date;
  Date.now = () => world.now;
  return {
    [Symbol.dispose]: () => {
      Date.now = now;
    },
  };
}

/** Faults of several kinds hide each other, so most histories have faults of one kind. */
function budgetOf(chance: Chance, world: World): Budget {
  const calm = {
    rests: chance.happens(0.5) ? RESTS : 0,
    isTidy: chance.happens(world.isAlternating ? 0.8 : 0.3),
    changes: 1 + chance.below(4),
    crashes: 0,
    overruns: 0,
    errors: 0,
    deployments: 0,
    redrives: 0,
    expiries: 2,
    requests: chance.happens(0.35) ? 1 + chance.below(4) : 0,
    views: 2 + chance.below(5),
    intrusions: 0,
  };
  // Concurrent attempts are the only fault here.
  if (world.isAlternating) {
    return { ...calm, rests: RESTS, changes: 3 + chance.below(4), crashes: chance.below(2) };
  }
  if (world.isViewed) {
    return {
      ...calm,
      rests: RESTS,
      isTidy: true,
      changes: 2 + chance.below(2),
      requests: 1 + chance.below(3),
      crashes: chance.below(2),
      deployments: chance.happens(0.4) ? 1 : 0,
    };
  }
  switch (chance.below(5)) {
    case 0:
      return { ...calm, changes: 1 + chance.below(2), deployments: 2 };
    case 1:
      return { ...calm, overruns: 1 + chance.below(2), crashes: 1 + chance.below(2) };
    case 2:
      return { ...calm, errors: 1 + chance.below(6), crashes: 2, redrives: 1 + chance.below(2) };
    case 3:
      return { ...calm, intrusions: 1 + chance.below(2), crashes: chance.below(2) };
    default:
      return {
        ...calm,
        crashes: chance.below(4),
        overruns: chance.below(4),
        errors: chance.below(6),
        deployments: chance.happens(0.4) ? 1 + chance.below(2) : 0,
        redrives: chance.below(3),
        intrusions: chance.below(2),
      };
  }
}

function sessions(): Session[] {
  return [...attempts(), ...projections()];
}

/** Runs until no message is left and no attempt is in progress. */
async function play(world: World, budget: Budget, trace: string[]): Promise<void> {
  const { chance } = world;
  for (let step = 0; step < MAX_STEPS; step++) {
    // Lets the attempts run until each of them waits for a call.
    await new Promise((resolve) => setImmediate(resolve));
    world.step += 1;
    for (const session of sessions()) {
      if (chance.happens(CHANGE_OF_PACE)) session.pace = chance.of(PACES);
      const others = sessions().filter((other) => other !== session);
      const isAlone = !others.some(({ restsUntil }) => restsUntil > world.progress);
      const mayRest = isAtWindow(session) && (isAlone || !budget.isTidy);
      if (mayRest && chance.happens(budget.rests)) {
        session.restsUntil = world.progress + 1 + chance.below(MAX_PROGRESS);
      }
    }
    const actions = actionsOf(world, budget);
    if (actions.length === 0) return;
    const all = actions.reduce((sum, { weight }) => sum + weight, 0);
    let at = chance.next() * all;
    const action = actions.find(({ weight }) => {
      at -= weight;
      return at < 0;
    });
    trace.push((action ?? chance.of(actions)).act());
  }
  world.violations.push("the history does not end");
}

/** Whether the attempt has just reached a call at a window. */
function isAtWindow(session: Session): boolean {
  const [call, ...others] = session.calls;
  if (call === undefined || others.length > 0 || call === session.seen) return false;
  session.seen = call;
  return (session.killedAt === undefined ? WINDOW : DELIVERY_WINDOW).test(call.name);
}

interface Action {
  readonly weight: number;
  /** Does it. @returns a line for the trace */
  readonly act: () => string;
}

function actionsOf(world: World, budget: Budget): Action[] {
  const { chance } = world;
  const actions: Action[] = [];
  const may = (weight: number, act: () => string) => actions.push({ weight, act });

  const resting = sessions().filter(({ restsUntil }) => restsUntil > world.progress);
  for (const session of sessions()) {
    if (resting.includes(session)) continue;
    for (const call of session.calls) {
      may(budget.isTidy ? 100 : 4 * session.pace, () => {
        call.go();
        return `${session.name}: ${call.name}`;
      });
      if (budget.errors > 0 && call.kind !== "own") {
        // The failure of sending a dead letter is rare in the schedule and finds many faults.
        may(call.kind === "send" ? 2 : call.kind === "write" ? 0.4 : 0.2, () => {
          budget.errors -= 1;
          const fate = chance.of([
            "has no effect and",
            "takes effect and",
            "takes effect later and",
          ] as const);
          if (fate === "takes effect and") call.takeEffect();
          if (fate === "takes effect later and" && call.kind === "write") world.giveUp([call]);
          call.fail(new Error("the answer is 500"));
          return `${session.name}: ${call.name} ${fate} is answered by 500`;
        });
      }
    }
    const isProjection = projections().includes(session);
    const hasNoLane = isProjection || session.killedAt !== undefined;
    if (budget.crashes > 0 && (hasNoLane || world.running.has(session))) {
      // A crash after the end of the lease finds the most, because the message is already visible.
      may(session.signal.aborted ? 3 : budget.isTidy ? 4 : 0.4, () => {
        budget.crashes -= 1;
        world.giveUp(session.crash(chance));
        world.hideAfterCrash(session);
        if (isProjection) endProjection(session, world);
        else end(session, world);
        return `${session.name}: crashes`;
      });
    }
  }
  for (const lane of world.lanes) {
    if (hasFreeSlot() && lane.queue.visible(world.now).length > 0) {
      may(3, () => receive(lane, world));
    }
    if (lane.deadLetters.visible(world.now).length > 0)
      mayRedrive(lane, world, budget, may, actions);
  }
  if (world.events.length > 0) {
    may(3, () => {
      const event = chance.of(world.events);
      world.events.splice(world.events.indexOf(event), 1);
      world.small.queue.send(event, {}, world.now);
      return "S3 delivers an event";
    });
  }
  if (world.manifestEvents.length > 0) {
    may(1, () => {
      const event = chance.of(world.manifestEvents);
      world.manifestEvents.splice(world.manifestEvents.indexOf(event), 1);
      world.catalog.send(event, {}, world.now);
      return "S3 delivers the event of a manifest";
    });
  }
  if (hasFreeProjection() && world.catalog.visible(world.now).length > 0) {
    may(2, () => `${startProjection(world).name}: starts`);
  }
  const isQuiet = actions.length === 0;
  if (budget.changes > 0) {
    // All other events come first, except for resting attempts.
    may(budget.isTidy ? (isQuiet ? 4 : 0.3) : 1, () => {
      budget.changes -= 1;
      return `the source becomes ${JSON.stringify(world.changeSource())}`;
    });
  }
  if (budget.requests > 0 && hasFreeDeliverySlot()) {
    may(isQuiet ? 2 : 0.7, () => {
      const key = world.requestedKey();
      budget.requests -= 1;
      return key === undefined ? "no key is missing" : `${startDelivery(key, world).name}: starts`;
    });
  }
  if (budget.views > 0 && world.s3.keys(RENDITIONS).length > 0) {
    may(0.5, () => {
      budget.views -= 1;
      return `an edge caches ${world.view() ?? "nothing new"}`;
    });
  }
  if (world.invalidations.visible(world.now).length > 0) {
    may(1, () => {
      world.invalidate();
      return "the edges forget the source";
    });
  }
  if (budget.deployments > 0) {
    may(1, () => {
      budget.deployments -= 1;
      world.deploy();
      // A reprocess may start before the end of the deployment.
      for (let jobs = chance.below(4); jobs > 0; jobs--) world.reprocess();
      return `the deployment of recipe ${world.recipeNumber} starts`;
    });
  } else if (world.isDeploying) {
    may(0.5, () => {
      world.endDeployment();
      return "the deployment ends";
    });
  }
  // Calls in progress of attempts that have ended.
  for (const session of world.ended) {
    for (const call of session.calls) {
      may(isQuiet ? 0.3 : 0.05, () => {
        call.go();
        return `${session.name}, which has ended: ${call.name}`;
      });
    }
  }
  for (const one of world.late) {
    // It finds most after the next attempt has ended.
    may(isQuiet ? 0.3 : 0.05, () => {
      world.late = world.late.filter((other) => other !== one);
      one.call.takeEffect();
      return `${one.call.name} takes effect after it was given up`;
    });
  }
  if (budget.expiries > 0 && world.mayExpire(projections())) {
    may(1, () => {
      budget.expiries -= 1;
      // It was days, of which no other part of the model must know; but `seq` never returns.
      passTime(world, budget, world.now + MOST_WRITES_MS);
      if (world.mayExpire(projections())) world.expire();
      return "the tombstone expires";
    });
  }
  if (budget.intrusions > 0) {
    may(1, () => {
      budget.intrusions -= 1;
      return chance.happens(0.3) ? sendForeignMessage(world) : forgeManifest(world);
    });
  }
  for (const session of resting) {
    may(isQuiet ? 1 : 0.05, () => {
      session.restsUntil = 0;
      return `${session.name}: goes on`;
    });
  }
  const next = world.nextVisibleAt;
  if (next !== undefined && (isQuiet || budget.overruns > 0)) {
    const working = sessions().some(({ calls }) => calls.some(({ kind }) => kind === "own"));
    may(isQuiet || working ? 2 : 0.4, () => passTime(world, budget, next));
  }
  return actions;
}

function receive(lane: ModelLane, world: World): string {
  const message = lane.queue.receive(world.now, world.chance);
  if (message === undefined)
    return `${lane.name}: a message at its last receive becomes a dead letter`;
  start(message, lane, world);
  return `${message.receiptHandle}: starts`;
}

/** Redrives a dead letter as the CLI or the console does, or discards a rejected one. */
function mayRedrive(
  lane: ModelLane,
  world: World,
  budget: Budget,
  may: (weight: number, act: () => string) => void,
  actions: readonly Action[],
): void {
  const { chance } = world;
  const redrive = (discardable: boolean) => {
    const deadLetter = chance.of(lane.deadLetters.visible(world.now));
    lane.deadLetters.take(deadLetter);
    const { Reason: reason, RedriveCount: count = "0" } = deadLetter.attributes;
    const rejected = !deadLetter.crashed && REJECTED_REASONS.some((known) => known === reason);
    if (discardable && rejected) return `${deadLetter.id}: is discarded, ${reason}`;
    const byCli = chance.happens(0.3);
    const mark = byCli ? { RedriveCount: String(Number(count) + 1) } : {};
    lane.queue.send(deadLetter.body, { ...deadLetter.attributes, ...mark }, world.now);
    return `${deadLetter.id}: is redriven by ${byCli ? "the CLI" : "the console"}`;
  };
  if (budget.redrives > 0) {
    may(0.5, () => {
      budget.redrives -= 1;
      return redrive(false);
    });
  } else if (actions.length === 0) may(1, () => redrive(true));
}

/** Advances the time until the next message is visible. Leases end, also those of some running attempts. */
function passTime(world: World, budget: Budget, next: number): string {
  for (const session of sessions()) {
    if (session.killedAt === undefined || session.killedAt > next) continue;
    world.giveUp(session.crash(world.chance), session.killedAt);
    end(session, world);
  }
  for (const { call, until } of world.late) {
    if (until <= next && world.chance.happens(0.5)) call.takeEffect();
  }
  world.late = world.late.filter(({ until }) => until > next);
  for (const [session, { lane, handle }] of world.running) {
    const message = lane.queue.held(handle, world.now);
    if (message === undefined || message.visibleAt > next) continue;
    // The heartbeat of a worker is mostly in time.
    if (budget.overruns === 0 || (lane.name === "large" && world.chance.happens(0.5))) {
      message.visibleAt = next + lane.queue.leaseMs;
      continue;
    }
    budget.overruns -= 1;
    session.outlive(world.chance);
  }
  world.now = next;
  return "time passes";
}
