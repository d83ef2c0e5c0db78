import { describe, expect, it } from "vitest";
import type { Content } from "../sources/index.ts";
import { check, type Violation } from "./check.ts";
import type { DeadLetter } from "./dead-letters.ts";
import { ExpectedState } from "./expected-state.ts";
import type { ManifestView, Pixels, Snapshot } from "./snapshot.ts";

const picture: Content = { kind: "picture", side: 12, color: [51, 102, 204], format: "png" };
const corrupt: Content = { ...picture, kind: "corrupt" };

const KEY = "a b/50%.png";
const MANIFEST = "manifests/a b/50%25.png.json";
const HERO = "hero-8w/a b/50%25.png.jpg";
const WIDER = "hero-16w/a b/50%25.png.jpg";
const LATE = ["late-8w", "late-16w"].flatMap((label) =>
  ["webp", "jpg"].map((ext) => `${label}/a b/50%25.png.${ext}`),
);
const [LATER = ""] = LATE;
const THUMB = "thumb/a b/50%25.png.png";

const deadLetter = (changes: Partial<DeadLetter>): DeadLetter => ({
  lane: "small",
  body: "{}",
  reason: "StoreUnavailable",
  message: "",
  keys: [KEY],
  ...changes,
});

/** A valid state that the tests change: a picture, a deleted source and a corrupt one. */
function right() {
  const expected = new ExpectedState();
  expected.put(KEY, { ...picture, color: [0, 0, 0] }, '"v1"');
  expected.put(KEY, picture, '"v2"');
  expected.put("gone.png", picture, '"v1"');
  expected.delete("gone.png");
  expected.put("bad.png", picture, '"v1"');
  expected.put("bad.png", corrupt, '"v2"');
  const sides = { [HERO]: 8, [WIDER]: 12, [THUMB]: 8 };
  const etag = (key: string) => `"${key}"`;
  const renditions = new Map(
    Object.entries(sides).map(([key, side]) => [
      key,
      { etag: etag(key), width: side, height: side },
    ]),
  );
  const onRequest = new Map(
    LATE.map((key) => [
      key,
      key.startsWith("late-8w") ? { width: 8, height: 8 } : { width: 12, height: 12 },
    ]),
  );
  return {
    expected,
    sources: new Map([
      [KEY, '"v2"'],
      ["bad.png", '"v2"'],
    ]),
    stored: new Map(
      [MANIFEST, HERO, WIDER, THUMB, "manifests/bad.png.json"].map((key) => [key, etag(key)]),
    ),
    manifests: new Map<string, ManifestView | undefined>([
      [MANIFEST, { etag: '"v2"', rejected: undefined, renditions, onRequest }],
      [
        "manifests/bad.png.json",
        { etag: '"v2"', rejected: "SourceCorrupt", renditions: new Map(), onRequest: new Map() },
      ],
    ]),
    renditions,
    onRequest,
    pixels: new Map<string, Pixels | undefined>(
      Object.entries(sides).map(([key, side]) => [
        key,
        { width: side, height: side, color: [53, 99, 207] },
      ]),
    ),
    deadLetters: [deadLetter({ reason: "SourceCorrupt", keys: ["bad.png"] })],
  } satisfies Snapshot & { expected: ExpectedState; renditions: unknown; onRequest: unknown };
}

type Open = ReturnType<typeof right>;

function found(breakIt: (snapshot: Open) => void): readonly Violation[] {
  const snapshot = right();
  breakIt(snapshot);
  return check(snapshot.expected, snapshot).violations;
}

it("finds no violation in a valid state", () => {
  expect(check(right().expected, right())).toEqual({ violations: [], owed: [] });
});

it("finds none if a rendition on request is stored, by whichever lane", () => {
  expect(
    found(({ stored, pixels }) => {
      stored.set(LATER, '"e"');
      pixels.set(LATER, { width: 8, height: 8, color: picture.color });
    }),
  ).toEqual([]);
  expect(
    found(({ stored, pixels, renditions, onRequest }) => {
      for (const [key, size] of onRequest) {
        stored.set(key, `"${key}"`);
        pixels.set(key, { ...size, color: picture.color });
        renditions.set(key, { ...size, etag: `"${key}"` });
      }
      onRequest.clear();
    }),
  ).toEqual([]);
});

const remove = (snapshot: Open, key: string) => {
  snapshot.stored.delete(key);
  snapshot.manifests.delete(key);
  snapshot.pixels.delete(key);
};

describe("finds every violation", () => {
  it.each<[string, Violation["kind"], string, (snapshot: Open) => void]>([
    [
      "no manifest, nothing made",
      "lost",
      KEY,
      (snapshot) => {
        for (const key of [MANIFEST, HERO, WIDER, THUMB]) remove(snapshot, key);
      },
    ],
    [
      "an invalid manifest",
      "lost",
      KEY,
      ({ manifests, stored }) => {
        manifests.set(MANIFEST, undefined);
        for (const key of [HERO, WIDER, THUMB]) stored.delete(key);
      },
    ],
    [
      "a manifest of an earlier content",
      "stale",
      KEY,
      ({ manifests, renditions, onRequest }) => {
        manifests.set(MANIFEST, { etag: '"v1"', rejected: undefined, renditions, onRequest });
      },
    ],
    ["a rendition that is not there", "lost", KEY, (snapshot) => remove(snapshot, HERO)],
    [
      "a rendition that another attempt wrote",
      "stale",
      KEY,
      ({ stored }) => {
        stored.set(HERO, '"another"');
      },
    ],
    [
      "a rendition that shows an earlier content",
      "stale",
      KEY,
      ({ pixels }) => {
        pixels.set(HERO, { width: 8, height: 8, color: [0, 102, 204] });
      },
    ],
    [
      "a rendition of another size",
      "stale",
      KEY,
      ({ pixels }) => {
        pixels.set(HERO, { width: 9, height: 8, color: picture.color });
      },
    ],
    [
      "a rendition that is no picture",
      "stale",
      KEY,
      ({ pixels }) => {
        pixels.set(HERO, undefined);
      },
    ],
    [
      "a rendition on request that shows an earlier content",
      "stale",
      KEY,
      ({ stored, pixels }) => {
        stored.set(LATER, '"e"');
        pixels.set(LATER, { width: 8, height: 8, color: [0, 102, 204] });
      },
    ],
    [
      "a rendition on request that the manifest forgot",
      "stale",
      KEY,
      ({ onRequest }) => {
        onRequest.delete(LATER);
      },
    ],
    [
      "a rejected source with renditions on request",
      "stale",
      "bad.png",
      ({ manifests, onRequest }) => {
        const wrong = { etag: '"v2"', rejected: "SourceCorrupt", renditions: new Map(), onRequest };
        manifests.set("manifests/bad.png.json", wrong);
      },
    ],
    [
      "a rendition that is not made",
      "stale",
      KEY,
      (snapshot) => {
        snapshot.renditions.delete(THUMB);
        remove(snapshot, THUMB);
      },
    ],
    [
      "a picture that was rejected",
      "stale",
      KEY,
      ({ manifests }) => {
        manifests.set(MANIFEST, {
          etag: '"v2"',
          rejected: "SourceCorrupt",
          renditions: new Map(),
          onRequest: new Map(),
        });
      },
    ],
    [
      "a corrupt source with pictures",
      "stale",
      "bad.png",
      ({ manifests, renditions }) => {
        manifests.set("manifests/bad.png.json", {
          etag: '"v2"',
          rejected: "SourceCorrupt",
          renditions,
          onRequest: new Map(),
        });
      },
    ],
    [
      "a corrupt source with another's reason",
      "stale",
      "bad.png",
      ({ manifests }) => {
        const wrong = {
          etag: '"v2"',
          rejected: "SourceEmpty",
          renditions: new Map(),
          onRequest: new Map(),
        };
        manifests.set("manifests/bad.png.json", wrong);
      },
    ],
    [
      "a corrupt source that no dead letter speaks of",
      "lost",
      "bad.png",
      ({ deadLetters }) => {
        deadLetters.length = 0;
      },
    ],
    [
      "a manifest of a source that is gone",
      "stale",
      "gone.png",
      ({ stored }) => {
        stored.set("manifests/gone.png.json", '"e"');
      },
    ],
    [
      "a rendition of a source that is gone",
      "orphan",
      "thumb/gone.png.png",
      ({ stored }) => {
        stored.set("thumb/gone.png.png", '"e"');
      },
    ],
    [
      "a rendition that the manifest forgot",
      "orphan",
      "hero-24w/a b/50%25.png.jpg",
      ({ stored }) => {
        stored.set("hero-24w/a b/50%25.png.jpg", '"e"');
      },
    ],
    [
      "what was never a source",
      "orphan",
      "manifests/stranger.png.json",
      ({ stored }) => {
        stored.set("manifests/stranger.png.json", '"e"');
      },
    ],
    [
      "a letter that rejects a good source",
      "unjust",
      KEY,
      ({ deadLetters }) => {
        deadLetters.push(deadLetter({ reason: "SourceCorrupt" }));
      },
    ],
    [
      "a letter that rejects a good message",
      "unjust",
      KEY,
      ({ deadLetters }) => {
        deadLetters.push(deadLetter({ reason: "MessageMalformed" }));
      },
    ],
    [
      "a dead letter with an unknown reason",
      "unexplained",
      KEY,
      ({ deadLetters }) => {
        deadLetters.push(deadLetter({ reason: "Whatever" }));
      },
    ],
    [
      "nonsense that is nowhere",
      "lost",
      "nonsense 0",
      ({ expected }) => {
        expected.nonsense.push("nonsense 0");
      },
    ],
  ])("%s", (_name, kind, key, breakIt) => {
    expect(found(breakIt)).toContainEqual(expect.objectContaining({ kind, key }));
  });
});

it.each(["StoreUnavailable", undefined])(
  "does not count a source of a %s dead letter as lost",
  (reason) => {
    const snapshot = right();
    snapshot.stored.set("hero-24w/a b/50%25.png.jpg", '"e"');
    remove(snapshot, MANIFEST);
    snapshot.deadLetters.push(deadLetter({ reason }));
    const { owed, violations } = check(snapshot.expected, snapshot);
    expect(owed).toMatchObject([{ kind: "lost", key: KEY }]);
    expect(violations).toEqual([]);
  },
);

it("accepts dead letters of earlier contents and of invalid messages", () => {
  const add = ({ deadLetters, expected }: Open) => {
    expected.put(KEY, corrupt, '"v3"');
    expected.put(KEY, picture, '"v2"');
    expected.nonsense.push("nonsense 0");
    deadLetters.push(deadLetter({ reason: "SourceCorrupt" }));
    deadLetters.push(deadLetter({ reason: "MessageMalformed", keys: [], body: "nonsense 0" }));
  };
  expect(found(add)).toEqual([]);
});

it("rejects a state with sources that the uploader did not leave", () => {
  const change = ({ sources }: Open) => void sources.set(KEY, '"somebody"');
  expect(() => found(change)).toThrow(`${KEY} is not as the uploader left it`);
});
