import { type Answer, deliver } from "@imagefleet/core/deliver";
import { REJECTED_REASONS } from "@imagefleet/core/outcome";
import { Queue, type ReceivedMessage } from "@imagefleet/core/queue";
import type { ReconcileResources } from "@imagefleet/core/reconcile";
import { RenditionStore, SourceStore } from "@imagefleet/core/store";
import { createLog } from "@imagefleet/core/telemetry";
import {
  type AttemptContext,
  attempt,
  LATE_WRITE_SECONDS,
} from "../../packages/core/src/attempt/attempt.ts";
import { readMessage } from "../../packages/core/src/attempt/source-group.ts";
import { modelCodec } from "./codec.ts";
import { RECIPES } from "./recipes.ts";
import { RENDITIONS, SOURCES, s3Client } from "./s3.ts";
import { Session } from "./session.ts";
import { sqsClient } from "./sqs.ts";
import { DELIVERY_SECONDS, type ModelLane, type World } from "./world.ts";

/** How many attempts run concurrently. More of them do not find more. */
const SLOTS = 4;
/** How many deliveries run concurrently. */
const DELIVERY_SLOTS = 2;
export const MAX_RECEIVES = 2;
const log = createLog("model", "silent");

/** The real stores, queues and `attempt` with modeled clients, for one attempt at a time. */
class Slot {
  session: Session | undefined;
  world: World | undefined;
  readonly #s3 = s3Client((command, input) => {
    const { world, session } = this.#now();
    return world.s3.answer(command, input, session);
  });
  readonly #sqs = sqsClient((url, body, attributes, delaySeconds) => {
    const { world, session } = this.#now();
    const send = () => {
      world.queue(url).send(body, attributes, world.now, delaySeconds);
      if (!REJECTED_REASONS.some((known) => known === attributes["Reason"])) return;
      if (session.isRepeated && session.changes === world.changes) {
        world.violations.push("there is a second dead letter of a known rejection");
      }
      if (session.content) world.rejected.add(session.content);
    };
    return session.turn(`send to ${url}`, send, "send");
  });
  readonly #sources = new SourceStore(this.#s3);
  readonly #renditions = new RenditionStore(this.#s3, RENDITIONS);

  context(lane: ModelLane, session: Session, world: World): AttemptContext {
    return {
      lane: lane.name,
      reconcile: this.#resources(session, world),
      large: new Queue(this.#sqs, world.large.queue.url),
      deadLetters: new Queue(this.#sqs, lane.deadLetters.url),
      invalidations: new Queue(this.#sqs, world.invalidations.url),
      ...(world.hasCatalog && { catalog: new Queue(this.#sqs, world.catalog.url) }),
      maxReceives: MAX_RECEIVES,
      sourceBuckets: [SOURCES],
      leaseSeconds: lane.queue.leaseMs / 1000,
      log,
      now: () => world.now,
      random: () => 0.5,
      // No clock decides anything here: an aborted attempt always ends by itself.
      pause: () => new Promise(() => undefined),
    };
  }

  deliver(key: string, session: Session, world: World): Promise<Answer> {
    const resources = {
      ...this.#resources(session, world),
      sourceBuckets: [SOURCES],
      small: new Queue(this.#sqs, world.small.queue.url),
      large: new Queue(this.#sqs, world.large.queue.url),
      settleSeconds: DELIVERY_SECONDS + LATE_WRITE_SECONDS,
      now: () => world.now,
    };
    return deliver(key, resources, session.signal);
  }

  #resources(session: Session, world: World): ReconcileResources {
    return {
      recipe: RECIPES[session.recipe % RECIPES.length] ?? world.recipe,
      sources: this.#sources,
      renditions: this.#renditions,
      memoryBytes: 64 * 2 ** 20,
      renderSemaphore: (work) => work(),
      codec: modelCodec(() => session.turn("render", () => undefined, "own")),
    };
  }

  #now(): { world: World; session: Session } {
    const { world, session } = this;
    if (!world || !session) throw new Error("a call outside of any attempt");
    return { world, session };
  }
}

const slots = Array.from({ length: SLOTS }, () => new Slot());
const deliverySlots = Array.from({ length: DELIVERY_SLOTS }, () => new Slot());

/** Frees all slots. The attempts of an earlier world never go on. */
export function clearSlots(): void {
  for (const slot of [...slots, ...deliverySlots]) slot.session = undefined;
}

export function hasFreeSlot(): boolean {
  return slots.some(({ session }) => session === undefined);
}

export function hasFreeDeliverySlot(): boolean {
  return deliverySlots.some(({ session }) => session === undefined);
}

export function sessions(): Session[] {
  return [...slots, ...deliverySlots].flatMap(({ session }) => session ?? []);
}

/** Starts an attempt and settles its message. A crashed attempt never ends. */
export function start(message: ReceivedMessage, lane: ModelLane, world: World): void {
  const slot = slots.find(({ session }) => session === undefined);
  if (!slot) throw new Error("no slot is free");
  const session = new Session(message.receiptHandle, world.recipeOfNextProgram(), world.step);
  const recipe = RECIPES[session.recipe % RECIPES.length] ?? world.recipe;
  const context = slot.context(lane, session, world);
  const read = readMessage(message, context);
  const { intake } = read;
  const isFresh =
    intake.kind === "jobs" && intake.jobs.every(({ mayHaveRun, force }) => !mayHaveRun && !force);
  session.isRepeated = isFresh && world.knowsRejected(recipe);
  session.changes = world.changes;
  slot.session = session;
  slot.world = world;
  world.running.set(session, { lane, handle: message.receiptHandle });
  void attempt(read, context, session.signal).then(
    async (settlement) => {
      await session.turn(
        `settle ${settlement.kind}`,
        () => {
          const held = lane.queue.held(message.receiptHandle, world.now);
          if (held && settlement.kind === "acknowledge") lane.queue.take(held);
          if (held && settlement.kind === "retry") {
            held.visibleAt = world.now + settlement.seconds * 1000;
          }
        },
        "own",
      );
      end(session, world);
    },
    (error: unknown) => world.violations.push(`attempt threw ${String(error)}`),
  );
}

/** Starts a delivery, as CloudFront does for a key that the bucket does not have. */
export function startDelivery(key: string, world: World): Session {
  const slot = deliverySlots.find(({ session }) => session === undefined);
  if (!slot) throw new Error("no slot is free");
  world.deliveries += 1;
  const killedAt = world.now + DELIVERY_SECONDS * 1000;
  const name = `delivery ${world.deliveries} of ${key}`;
  const session = new Session(name, world.recipeOfNextProgram(), world.step, killedAt);
  slot.session = session;
  slot.world = world;
  const current = world.contents.length;
  void slot.deliver(key, session, world).then(
    async (answer) => {
      await session.turn(
        `answer ${answer.status}`,
        () => check(answer, key, { current, putAt: session.putAt }, world),
        "own",
      );
      end(session, world);
    },
    (error: unknown) => world.violations.push(`deliver threw ${String(error)}`),
  );
  return session;
}

/**
 * An answer that a cache may keep for long is of a content that the source had after the delivery
 * stored it. Any other, which a cache keeps for seconds, is of one that it had after the start.
 *
 * @param counts how many contents the source had had at the start (`current`), and at the last put
 */
function check(
  answer: Answer,
  key: string,
  { current, putAt }: { readonly current: number; readonly putAt: number | undefined },
  world: World,
): void {
  if (answer.status !== 200 || answer.substitute) return;
  const body = Buffer.from(answer.body).toString();
  const isKept = answer.etag !== undefined;
  if (isKept) world.cache(key, body);
  const since = isKept ? (putAt ?? current) : current;
  const contents = world.contents.slice(Math.max(0, since - 1));
  if (contents.some((content) => content !== undefined && body.startsWith(`[${content}]`))) return;
  world.violations.push(`the answer for ${key} is ${body}, which the source was not then`);
}

export function end(session: Session, world: World): void {
  world.ended.push(session);
  world.running.delete(session);
  for (const slot of [...slots, ...deliverySlots]) {
    if (slot.session === session) slot.session = undefined;
  }
}
