import { REJECTED_REASONS } from "@imagefleet/core/outcome";
import { Queue, type ReceivedMessage } from "@imagefleet/core/queue";
import { RenditionStore, SourceStore } from "@imagefleet/core/store";
import { createLog } from "@imagefleet/core/telemetry";
import { type AttemptContext, attempt } from "../../packages/core/src/attempt/attempt.ts";
import { readMessage } from "../../packages/core/src/attempt/source-group.ts";
import { modelCodec } from "./codec.ts";
import { RECIPES } from "./recipes.ts";
import { RENDITIONS, SOURCES, s3Client } from "./s3.ts";
import { Session } from "./session.ts";
import { sqsClient } from "./sqs.ts";
import type { ModelLane, World } from "./world.ts";

/** How many attempts run concurrently. More of them do not find more. */
const SLOTS = 4;
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
      reconcile: {
        recipe: RECIPES[session.recipe % RECIPES.length] ?? world.recipe,
        sources: this.#sources,
        renditions: this.#renditions,
        memoryBytes: 64 * 2 ** 20,
        renderSemaphore: (work) => work(),
        codec: modelCodec(() => session.turn("render", () => undefined, "own")),
      },
      large: new Queue(this.#sqs, world.large.queue.url),
      deadLetters: new Queue(this.#sqs, lane.deadLetters.url),
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

  #now(): { world: World; session: Session } {
    const { world, session } = this;
    if (!world || !session) throw new Error("a call outside of any attempt");
    return { world, session };
  }
}

const slots = Array.from({ length: SLOTS }, () => new Slot());

/** Frees all slots. The attempts of an earlier world never go on. */
export function clearSlots(): void {
  for (const slot of slots) slot.session = undefined;
}

export function hasFreeSlot(): boolean {
  return slots.some(({ session }) => session === undefined);
}

export function sessions(): Session[] {
  return slots.flatMap(({ session }) => session ?? []);
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

export function end(session: Session, world: World): void {
  world.ended.push(session);
  world.running.delete(session);
  for (const slot of slots) if (slot.session === session) slot.session = undefined;
}
