import {
  type Content,
  manifestKey,
  onRequestKeys,
  REJECTED,
  type Rgb,
  renditionKeys,
} from "../sources/index.ts";
import { type DeadLetter, isOwed, isRejection } from "./dead-letters.ts";
import type { ExpectedState, Source } from "./expected-state.ts";
import type { ManifestView, Snapshot } from "./snapshot.ts";

type ViolationKind =
  /** A source whose work is not done and that has no dead letter. */
  | "lost"
  /** A stored object of another content than the source's, or of a deleted source. */
  | "stale"
  /** An object that will never be removed. */
  | "orphan"
  /** A source that was rejected for a content that it never had. */
  | "unjust"
  /** A dead letter with an unknown reason. */
  | "unexplained";

export interface Violation {
  readonly kind: ViolationKind;
  readonly key: string;
  readonly why: string;
}

export interface Verdict {
  readonly violations: readonly Violation[];
  /** Violations of sources that are in a dead letter of a failure or a crash. */
  readonly owed: readonly Violation[];
}

/** The tolerance of a color channel for JPEG and the mean. */
const TOLERANCE = 12;

/** Compares the stored state with the uploads, by the promises of the documents only. */
export function check(expected: ExpectedState, snapshot: Snapshot): Verdict {
  const excused = new Set(snapshot.deadLetters.filter(isOwed).flatMap(({ keys }) => keys));
  const found: Violation[] = [];
  const known = new Map<string, string>();
  for (const [key, source] of expected.sources()) {
    if (snapshot.sources.get(key) !== source.etag) {
      throw new Error(`The source ${key} is not as the uploader left it: this run is not valid`);
    }
    known.set(manifestKey(key), key);
    const wrong = violationOf(key, source, snapshot);
    if (wrong) found.push({ key, ...wrong });
  }
  const owed = found.filter(({ key }) => excused.has(key));
  const notOwed = found.filter(({ key }) => !excused.has(key));
  const orphans = orphansOf(snapshot, known).filter(({ key }) => !excused.has(sourceOf(key)));
  return {
    owed,
    violations: [
      ...notOwed,
      ...orphans,
      ...deadLetterViolations(expected, snapshot),
      ...lostNonsense(expected, snapshot),
    ],
  };
}

type Finding = Pick<Violation, "kind" | "why"> | undefined;

function violationOf(key: string, source: Source, snapshot: Snapshot): Finding {
  const manifest = snapshot.manifests.get(manifestKey(key));
  const { content, etag } = source;
  if (content === undefined || etag === undefined) {
    return snapshot.stored.has(manifestKey(key))
      ? stale("the source is gone, its manifest is not")
      : undefined;
  }
  if (manifest === undefined) return { kind: "lost", why: "there is no manifest" };
  if (manifest.etag !== etag) return stale("its manifest is of another content");
  const reason = REJECTED[content.kind];
  if (reason === undefined) return pictureViolation(key, source, manifest, snapshot);
  if (manifest.rejected !== reason) {
    return stale(`its manifest says ${manifest.rejected ?? "rendered"}, not ${reason}`);
  }
  if (manifest.renditions.size + manifest.onRequest.size > 0) {
    return stale("it was rejected and has renditions");
  }
  const isReported = snapshot.deadLetters.some(
    (deadLetter) => deadLetter.reason === reason && deadLetter.keys.includes(key),
  );
  return isReported ? undefined : { kind: "lost", why: `no dead letter says ${reason}` };
}

function pictureViolation(
  key: string,
  { content }: Source,
  manifest: ManifestView,
  snapshot: Snapshot,
): Finding {
  if (content === undefined) return undefined;
  if (manifest.rejected !== undefined) return stale(`its manifest says ${manifest.rejected}`);
  const wrong = listedWrongly(key, content, manifest);
  if (wrong) return stale(wrong);
  for (const [rendition, said] of manifest.renditions) {
    const etag = snapshot.stored.get(rendition);
    if (etag === undefined) return { kind: "lost", why: `${rendition} is not there` };
    if (etag !== said.etag) return stale(`${rendition} is not the one that its manifest lists`);
  }
  for (const [rendition, said] of [...manifest.renditions, ...manifest.onRequest]) {
    if (!snapshot.stored.has(rendition)) continue;
    const pixels = snapshot.pixels.get(rendition);
    if (pixels === undefined) return stale(`${rendition} is no picture`);
    if (pixels.width !== said.width || pixels.height !== said.height) {
      return stale(`${rendition} is ${pixels.width}x${pixels.height}, its manifest says otherwise`);
    }
    if (!isNear(pixels.color, content.color)) {
      return stale(`${rendition} shows ${pixels.color.map(Math.round)}, not ${content.color}`);
    }
  }
  return undefined;
}

/**
 * What is wrong with the keys in a manifest. The large lane makes the renditions on request at once, and
 * lists them with the others.
 */
function listedWrongly(
  key: string,
  content: Content,
  { renditions, onRequest }: ManifestView,
): string | undefined {
  const atUpload = renditionKeys(key, content).sort();
  const later = onRequestKeys(key, content).sort();
  const made = [...renditions.keys()].filter((each) => !later.includes(each)).sort();
  if (made.join("\n") !== atUpload.join("\n")) {
    return `its manifest lists ${made.join(", ") || "nothing"}, not ${atUpload.join(", ")}`;
  }
  const others = [...renditions.keys(), ...onRequest.keys()].filter((each) => later.includes(each));
  if (others.sort().join("\n") !== later.join("\n")) {
    return `its manifest lists ${others.join(", ") || "nothing"} on request, not ${later.join(", ")}`;
  }
  return undefined;
}

/** Objects that no manifest lists, and manifests without a source. */
function orphansOf(snapshot: Snapshot, known: ReadonlyMap<string, string>): Violation[] {
  const listed = new Set(
    [...snapshot.manifests.values()].flatMap((manifest) => [
      ...(manifest?.renditions.keys() ?? []),
      ...(manifest?.onRequest.keys() ?? []),
    ]),
  );
  return [...snapshot.stored.keys()]
    .filter((key) => !listed.has(key) && !known.has(key))
    .map((key) => ({ kind: "orphan", key, why: "no manifest lists it" }));
}

/** The parts of a rendition's key: `{preset}/{path}.{ext}`. */
function sourceOf(rendition: string): string {
  const path = rendition.slice(rendition.indexOf("/") + 1, rendition.lastIndexOf("."));
  return path.replaceAll("%25", "%");
}

function deadLetterViolations(expected: ExpectedState, { deadLetters }: Snapshot): Violation[] {
  return deadLetters.flatMap((deadLetter): Violation[] => {
    const { keys, reason, message } = deadLetter;
    const key = keys.join(", ") || deadLetter.body;
    if (isOwed(deadLetter)) return [];
    if (!isRejection(deadLetter))
      return [{ kind: "unexplained", key, why: `its reason is ${reason}` }];
    return isJust(deadLetter, expected)
      ? []
      : [{ kind: "unjust", key, why: `${reason}: ${message}` }];
  });
}

function isJust({ reason, keys, body }: DeadLetter, expected: ExpectedState): boolean {
  if (reason === "MessageMalformed") return expected.nonsense.includes(body);
  return keys.some((key) =>
    [...(expected.sources().get(key)?.deserved ?? [])].some((deserved) => deserved === reason),
  );
}

function lostNonsense(expected: ExpectedState, { deadLetters }: Snapshot): Violation[] {
  const bodies = new Set(deadLetters.map(({ body }) => body));
  return expected.nonsense
    .filter((body) => !bodies.has(body))
    .map((body) => ({
      kind: "lost",
      key: body,
      why: "a message that says nothing left no dead letter",
    }));
}

function stale(why: string): Finding {
  return { kind: "stale", why };
}

export function isNear(one: Rgb, other: Rgb, tolerance = TOLERANCE): boolean {
  return one.every((channel, at) => Math.abs(channel - (other[at] ?? 0)) <= tolerance);
}
