import { REJECTED_REASONS } from "@imagefleet/core/outcome";
import { Chance } from "./chance.ts";
import { begin, clearSlots, end, hasFreeSlot, MAX_RECEIVES, sessions } from "./fleet.ts";
import { forgeManifest, placeBystanders, sendForeignMessage } from "./intruder.ts";
import type { Session } from "./session.ts";
import { verdict } from "./verdict.ts";
import { type ModelLane, World } from "./world.ts";

/** More steps than any run takes that ends: what takes more goes on for ever. */
const MOST_STEPS = 6_000;

/**
 * As in probabilistic concurrency testing (Burckhardt et al., ASPLOS 2010): what is rare is that one
 * attempt rests while others come to their end.
 */
const PACES = [0.02, 0.3, 1, 5] as const;
const CHANGE_OF_PACE = 0.08;

/**
 * Before these calls what was read may be out of date: what a rule is for happens while an attempt
 * rests here and others act.
 */
const WINDOW = /^(put renditions\/manifests|head sources|remove )/;
/**
 * How likely an attempt is to rest when it has come to such a call, in those histories in which
 * attempts rest at all.
 */
const RESTS = 0.5;
/** It rests until others have ended, or the world has changed, at most so many times. */
const MOST_HAPPENINGS = 5;

/** How often each thing still may happen in a run. */
interface Budget {
  /** How likely, in [0, 1], an attempt is to rest where others can make what it read untrue. */
  readonly rests: number;
  /** One attempt at a time rests, and what others have begun they mostly end before anything else begins. */
  readonly isTidy: boolean;
  changes: number;
  crashes: number;
  overruns: number;
  errors: number;
  deployments: number;
  redrives: number;
  expiries: number;
  /** Messages that name another bucket, and manifests that somebody else wrote. */
  intrusions: number;
}

export interface RunResult {
  /** Empty: all is as it must be. */
  readonly violations: readonly string[];
  readonly trace: readonly string[];
}

/** One history of the fleet, all of it decided by the seed: first trouble, then until all is quiet. */
export async function run(seed: number): Promise<RunResult> {
  const chance = new Chance(seed);
  const world = new World(chance, MAX_RECEIVES);
  const trace: string[] = [];
  clearSlots();
  const budget = budgetOf(chance, world);
  world.deploys = budget.deployments > 0;
  placeBystanders(world);

  await play(world, budget, trace);
  if (world.deploys) {
    // Once no program of an older recipe runs, every source is looked at again.
    trace.push("reprocess");
    world.reprocess();
    await play(world, budget, trace);
  }
  return { violations: [...world.violations, ...verdict(world)], trace };
}

/** All kinds of trouble at once hide each other: most histories have one kind. */
function budgetOf(chance: Chance, world: World): Budget {
  const calm = {
    rests: chance.happens(0.5) ? RESTS : 0,
    isTidy: chance.happens(world.isToAndFro ? 0.8 : 0.3),
    changes: 1 + chance.below(4),
    crashes: 0,
    overruns: 0,
    errors: 0,
    deployments: 0,
    redrives: 0,
    expiries: 2,
    intrusions: 0,
  };
  // That attempts meet is trouble enough.
  if (world.isToAndFro) {
    return { ...calm, rests: RESTS, changes: 3 + chance.below(4), crashes: chance.below(2) };
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

/** Goes on until no message is left and no attempt runs. */
async function play(world: World, budget: Budget, trace: string[]): Promise<void> {
  const { chance } = world;
  for (let step = 0; step < MOST_STEPS; step++) {
    // Everything that can go on by itself does: then each attempt waits for a call of its own.
    await new Promise((resolve) => setImmediate(resolve));
    world.step += 1;
    for (const session of sessions()) {
      if (chance.happens(CHANGE_OF_PACE)) session.pace = chance.of(PACES);
      const others = sessions().filter((other) => other !== session);
      const isAlone = !others.some(({ restsUntil }) => restsUntil > world.happenings);
      const mayRest = isAtWindow(session) && (isAlone || !budget.isTidy);
      if (mayRest && chance.happens(budget.rests)) {
        session.restsUntil = world.happenings + 1 + chance.below(MOST_HAPPENINGS);
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
  world.violations.push("it does not come to an end");
}

/** Has it just come to a call of the kind before which others should act? */
function isAtWindow(session: Session): boolean {
  const [call, ...others] = session.calls;
  if (call === undefined || others.length > 0 || call === session.seen) return false;
  session.seen = call;
  return WINDOW.test(call.name);
}

interface Action {
  readonly weight: number;
  /** Does it, and says what it did. */
  readonly act: () => string;
}

function actionsOf(world: World, budget: Budget): Action[] {
  const { chance } = world;
  const actions: Action[] = [];
  const may = (weight: number, act: () => string) => actions.push({ weight, act });

  const resting = sessions().filter(({ restsUntil }) => restsUntil > world.happenings);
  for (const session of sessions()) {
    if (resting.includes(session)) continue;
    for (const call of session.calls) {
      may(budget.isTidy ? 100 : 4 * session.pace, () => {
        call.go();
        return `${session.name}: ${call.name}`;
      });
      if (budget.errors > 0 && call.kind !== "own") {
        // A dead letter that cannot be sent is rare, and shows much.
        may(call.kind === "send" ? 2 : call.kind === "write" ? 0.4 : 0.2, () => {
          budget.errors -= 1;
          const fate = chance.of(["is not done and", "is done and", "is done later and"] as const);
          if (fate === "is done and") call.unheard();
          if (fate === "is done later and" && call.kind === "write") world.giveUp([call]);
          call.fail(new Error("the answer is 500"));
          return `${session.name}: ${call.name} ${fate} answered by 500`;
        });
      }
    }
    if (budget.crashes > 0 && world.mayHaveRun.has(session)) {
      // One whose lease has ended is the most dangerous: nobody waits for it any more.
      may(session.signal.aborted ? 3 : budget.isTidy ? 4 : 0.4, () => {
        budget.crashes -= 1;
        world.giveUp(session.crash(chance));
        world.hideWhatDied(session);
        end(session, world);
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
  const isQuiet = actions.length === 0;
  if (budget.changes > 0) {
    // What has been told so far is worked on first, but by those that rest.
    may(budget.isTidy ? (isQuiet ? 4 : 0.3) : 1, () => {
      budget.changes -= 1;
      return `the source becomes ${JSON.stringify(world.changeSource())}`;
    });
  }
  if (budget.deployments > 0) {
    may(1, () => {
      budget.deployments -= 1;
      world.deploy();
      // Somebody does not wait for the end of the deployment.
      for (let jobs = chance.below(4); jobs > 0; jobs--) world.reprocess();
      return `recipe ${world.recipeNumber} is being deployed`;
    });
  } else if (world.isDeploying) {
    may(0.5, () => {
      world.endDeployment();
      return "no older program begins anything any more";
    });
  }
  // What attempts left on its way when they ended.
  for (const session of world.ended) {
    for (const call of session.calls) {
      may(isQuiet ? 0.3 : 0.05, () => {
        call.go();
        return `${session.name}, which has ended: ${call.name}`;
      });
    }
  }
  for (const one of world.late) {
    // Best after the next attempt has done its work.
    may(isQuiet ? 0.3 : 0.05, () => {
      world.late = world.late.filter((other) => other !== one);
      one.call.unheard();
      return `${one.call.name} takes effect, though given up`;
    });
  }
  if (budget.expiries > 0 && world.mayExpire()) {
    may(1, () => {
      budget.expiries -= 1;
      world.expire();
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
  if (message === undefined) return `${lane.name}: one message too often received is a dead letter`;
  begin(message, lane, world);
  return `${message.receiptHandle}: begins`;
}

/** A dead letter is redriven by our own tool or by the console; what was rejected may be let go. */
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
    const ours = chance.happens(0.3);
    const mark = ours ? { RedriveCount: String(Number(count) + 1) } : {};
    lane.queue.send(deadLetter.body, { ...deadLetter.attributes, ...mark }, world.now);
    return `${deadLetter.id}: is redriven by ${ours ? "our tool" : "the console"}`;
  };
  if (budget.redrives > 0) {
    may(0.5, () => {
      budget.redrives -= 1;
      return redrive(false);
    });
  } else if (actions.length === 0) may(1, () => redrive(true));
}

/** Until the next message is visible: leases end, of attempts that are dead and of some that live. */
function passTime(world: World, budget: Budget, next: number): string {
  for (const { call, until } of world.late) {
    if (until <= next && world.chance.happens(0.5)) call.unheard();
  }
  world.late = world.late.filter(({ until }) => until > next);
  for (const [session, { lane, handle }] of world.mayHaveRun) {
    const message = lane.queue.held(handle, world.now);
    if (message === undefined || message.visibleAt > next) continue;
    // A worker's heartbeat comes in time, mostly.
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
