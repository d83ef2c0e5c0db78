import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import {
  type CatalogNames,
  CatalogTable,
  committedId,
  differences,
  itemOf,
  type Notification,
  type ProjectContext,
  project,
} from "@imagefleet/core/catalog";
import { parseNotice } from "@imagefleet/core/intake";
import { RenditionStore, SourceStore } from "@imagefleet/core/store";
import { UPLOAD_KEY, uploadKeys } from "@imagefleet/core/uploads";
import * as v from "valibot";
import { RENDITIONS, SOURCES, s3Client } from "./s3.ts";
import { Session } from "./session.ts";
import { KEY, type World } from "./world.ts";

const output = v.any();

/** How many messages of the catalog are handled concurrently. */
const SLOTS = 2;

/** The real projector with modeled clients, for one message at a time. */
class Slot {
  session: Session | undefined;
  world: World | undefined;
  readonly #s3 = s3Client((command, input) => {
    const { world, session } = this.#now();
    return world.s3.answer(command, input, session);
  });
  readonly #table = new CatalogTable(
    tableClient((command, input) => {
      const { world, session } = this.#now();
      return world.table.answer(command, input, session);
    }),
    "images",
  );

  context(world: World): ProjectContext {
    return {
      ...namesOf(world),
      table: this.#table,
      renditions: new RenditionStore(this.#s3, RENDITIONS),
      sources: new SourceStore(this.#s3),
      sourceBucket: SOURCES,
      imagesUrl: "https://images.example.com",
      publish: (notification) => {
        const { session } = this.#now();
        const publish = () => void world.published.push(notification);
        return session.turn(`publish ${notification.type}`, publish, "send");
      },
    };
  }

  #now(): { world: World; session: Session } {
    const { world, session } = this;
    if (!world || !session) throw new Error("a call outside of any projection");
    return { world, session };
  }
}

/** The real client, which the model answers before values become attributes. */
function tableClient(
  answer: (command: string, input: unknown) => Promise<unknown>,
): DynamoDBDocumentClient {
  const client = new DynamoDBClient({ region: "us-east-1" });
  client.middlewareStack.add(
    (_next, { commandName = "" }) =>
      async ({ input }) => ({
        output: v.parse(output, await answer(commandName, input)),
        response: undefined,
      }),
    { step: "initialize", priority: "high", name: "model" },
  );
  return DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
}

const slots = Array.from({ length: SLOTS }, () => new Slot());

/** Frees all slots. */
export function clearProjections(): void {
  for (const slot of slots) slot.session = undefined;
}

export function hasFreeProjection(): boolean {
  return slots.some(({ session }) => session === undefined);
}

export function projections(): Session[] {
  return slots.flatMap(({ session }) => session ?? []);
}

/** Receives a message of the catalog's queue and handles it; it stays there if that fails. */
export function startProjection(world: World): Session {
  const slot = slots.find(({ session }) => session === undefined);
  if (!slot) throw new Error("no slot is free");
  const message = world.catalog.receive(world.now, world.chance);
  if (!message) throw new Error("the queue of the catalog has no dead letters");
  const session = new Session(message.receiptHandle, world.recipeOfNextProgram(), world.step);
  slot.session = session;
  slot.world = world;
  const notice = parseNotice(message.body);
  const settle = (isDone: boolean) =>
    session.turn(
      isDone ? "delete the message" : "leave the message",
      () => {
        const held = world.catalog.held(message.receiptHandle, world.now);
        if (held && isDone) world.catalog.take(held);
      },
      "own",
    );
  void project({ key: KEY, ...(notice && { notice }) }, slot.context(world), session.signal)
    .then(
      () => settle(true),
      () => settle(false),
    )
    .then(() => endProjection(session, world));
  return session;
}

export function endProjection(session: Session, world: World): void {
  world.ended.push(session);
  for (const slot of slots) if (slot.session === session) slot.session = undefined;
}

function namesOf({ recipe }: World): CatalogNames {
  return { recipe, uploads: uploadKeys(UPLOAD_KEY, "") };
}

/** Checks the item and the notifications at the end of a history, when no message is left. */
export function catalogVerdict(world: World): string[] {
  const { table, published, recipe } = world;
  const version = world.storedManifest(recipe);
  const { item } = table;
  const violations = [...table.violations, ...unlike(published)];
  if (version === undefined) {
    if (item !== undefined && item.status !== "removed") {
      violations.push(`the item of a source without a manifest is ${item.status}`);
    }
    return violations;
  }
  if (item === undefined) return [...violations, "there is no item"];
  const expected = itemOf(version, namesOf(world));
  if (item.status !== expected.status) {
    violations.push(`the item is ${item.status}, and its manifest ${expected.status}`);
  }
  const others = differences(item, version, namesOf(world));
  if (others.length > 0) violations.push(`the item differs from its manifest in ${others}`);
  // A content may return before it was ever looked at, if the message of its manifest is late.
  const ids = new Set([committedId(expected, version)]);
  for (let n = 1; n <= (item.returns ?? 0); n++) ids.add(committedId(expected, version, n));
  if (!published.some(({ id }) => ids.has(id))) {
    violations.push(`there is no notification that the image is ${expected.status}`);
  }
  const last = received(published)?.type;
  if (last !== `image.${item.status}`) {
    violations.push(`the item is ${item.status}, and the last that a receiver applied is ${last}`);
  }
  return violations;
}

/** What an application believes that drops known ids, and what is older than what it has. */
function received(published: readonly Notification[]): Notification | undefined {
  const known = new Set<string>();
  let latest: Notification | undefined;
  for (const each of published) {
    if (known.has(each.id)) continue;
    known.add(each.id);
    const isLater = latest === undefined || (each.seq ?? 0) > (latest.seq ?? 0);
    // The model's time stands still between two messages: those of one moment are in order.
    const isSame = each.seq === latest?.seq && each.at >= (latest?.at ?? "");
    if (isLater || isSame) latest = each;
  }
  return latest;
}

/** Copies of one notification must say the same of its content. */
function unlike(published: readonly Notification[]): string[] {
  return [...Map.groupBy(published, ({ id }) => id).values()].flatMap(([first, ...copies]) => {
    const isSame = (copy: Notification) =>
      copy.type === first?.type && copy.source?.etag === first.source?.etag;
    return copies.every(isSame) ? [] : [`two notifications have the id ${first?.id}`];
  });
}
