import type { Chance } from "../../model/chance.ts";
import { COLORS, colorOf } from "./color.ts";
import { type Content, type Kind, sideOf } from "./content.ts";

export interface Operation {
  readonly key: string;
  /** The uploaded content; without it the source is deleted. */
  readonly content?: Content;
  /** ms to wait after the key's last operation: about the duration of a job. */
  readonly afterMs: number;
}

/** Keys that are overwritten repeatedly during their jobs. */
const HOT_KEYS = 4;
/** The last keys, which are often used again, so that their events are processed concurrently. */
const RECENT = 6;
const LONGEST_GAP_MS = 1_500;

const WHICH = [
  ["new", 38],
  ["recent", 42],
  ["any", 14],
  ["hot", 6],
] as const;

const WHAT = [
  ["put", 80],
  ["delete", 12],
  /** The same bytes again: a new event with the same ETag. */
  ["again", 4],
  /** The bytes of an earlier version: an earlier ETag again. */
  ["back", 4],
] as const;

const KINDS: readonly (readonly [Kind, number])[] = [
  ["picture", 790],
  ["heavy", 80],
  ["costly", 10],
  ["corrupt", 50],
  ["unsupported", 40],
  ["empty", 20],
  ["tooLarge", 10],
];

/** Names that must be encoded in events and URLs. */
const FOLDERS = ["plain", "a b", "ünï+code&x=1", "deep/er/still", "(50%)"] as const;

/**
 * The share of new keys that are written two or three times about as fast as they are rendered, and then
 * never again, so that the result of a race stays.
 */
const RACES = 0.4;
export const RACE_FOLDER = "race";

interface History {
  readonly key: string;
  /** All of its contents, oldest first. */
  readonly versions: Content[];
  /** The number of its first color; each version has the next. */
  readonly first: number;
}

/** The operations on the sources, in order, which depend only on the seed. */
export function* script(jobs: number, chance: Chance): Generator<Operation> {
  let done = 0;
  for (const operation of endless(chance)) {
    if (done === jobs) return;
    done += 1;
    yield operation;
  }
}

function* endless(chance: Chance): Generator<Operation> {
  const keys: History[] = [];
  const hot = Array.from({ length: HOT_KEYS }, (_, at) => begin(`hot/${at}.jpg`, chance));
  const recent: History[] = [];
  for (let job = 0; ; job++) {
    const which = chance.weighted(WHICH, "new");
    if (which === "new" && chance.happens(RACES)) {
      const race = begin(`${RACE_FOLDER}/${job}.png`, chance);
      yield* operationsOn(race, chance.between(2, 3), chance);
      continue;
    }
    const known = { new: [], recent, any: keys, hot }[which];
    const chosen = chance.pick(known) ?? begin(`${chance.pick(FOLDERS)}/${job}.png`, chance);
    if (chosen.versions.length === 0) keys.push(chosen);
    recent.push(chosen);
    if (recent.length > RECENT) recent.shift();
    yield* operationsOn(chosen, 1, chance);
  }
}

function* operationsOn(history: History, count: number, chance: Chance): Generator<Operation> {
  for (let nth = 0; nth < count; nth++) {
    const afterMs = history.versions.length === 0 ? 0 : chance.between(0, LONGEST_GAP_MS);
    yield { key: history.key, afterMs, ...next(history, chance) };
  }
}

function begin(key: string, chance: Chance): History {
  return { key, versions: [], first: chance.between(0, COLORS - 1) };
}

function next({ versions, first }: History, chance: Chance): { content?: Content } {
  const what = chance.weighted(WHAT, "put");
  if (what === "delete" && versions.length > 0) return {};
  const earlier =
    what === "again" ? versions.at(-1) : what === "back" ? chance.pick(versions) : undefined;
  // The step is coprime to the number of colors, so each color occurs once before one repeats.
  const number = (first + versions.length * 77) % COLORS;
  const content = earlier ?? {
    kind: chance.weighted(KINDS, "picture"),
    side: sideOf(chance.between(0, 3)),
    color: colorOf(number),
    format: chance.happens(0.5) ? ("png" as const) : ("jpeg" as const),
  };
  versions.push(content);
  return { content };
}
