/** A rule of docs/protocol.md, and the text whose replacement takes it away. */
export interface Rule {
  readonly rule: string;
  /** From the repository's root. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

const RECONCILE = "packages/core/src/reconcile/reconcile.ts";
const RETIRE = "packages/core/src/reconcile/remove-renditions.ts";
const KEYS = "packages/core/src/reconcile/keys.ts";
const ATTEMPT = "packages/core/src/attempt/attempt.ts";
const UNIT = "packages/core/src/attempt/source-group.ts";
const STORE = "packages/core/src/store/rendition-store.ts";

export const RULES: readonly Rule[] = [
  {
    rule: "look again after writing",
    file: RECONCILE,
    from: '  if ((await sources.etag(job.bucket, job.key, signal)) !== source.etag) return "again";\n',
    to: "",
  },
  {
    rule: "look again after retiring",
    file: RETIRE,
    from: '  if ((await sources.etag(job.bucket, job.key, signal)) !== seen) return "again";\n',
    to: "",
  },
  {
    rule: "a second round renders for certain",
    file: RECONCILE,
    from: "      mayHaveRun = true;\n",
    to: "",
  },
  {
    rule: "begun before: received before",
    file: UNIT,
    from: "const again = message.receiveCount > 1 || ",
    to: "const again = ",
  },
  {
    rule: "begun before: a dead letter of ours",
    file: UNIT,
    from: "const again = message.receiveCount > 1 || wasDeadLetter(message);",
    to: "const again = message.receiveCount > 1;",
  },
  {
    rule: "begun before: a dead letter moved by the console",
    file: UNIT,
    from: " || (at !== undefined && wasRedriven(message, at, leaseSeconds))",
    to: "",
  },
  {
    rule: "begun before: what ends without a mark rests a whole lease",
    file: ATTEMPT,
    from: "return receiveCount >= maxReceives ? leaseSeconds : 0;",
    to: "return 0;",
  },
  {
    rule: "begun before: told to the large lane",
    file: ATTEMPT,
    from: "const mayHaveRun = job.mayHaveRun || outcome.mayHaveRun === true;",
    to: "const mayHaveRun = false;",
  },
  {
    rule: "begun here: told to the large lane after a round",
    file: RECONCILE,
    from: "...(mayHaveRun && { mayHaveRun })",
    to: "",
  },
  {
    rule: "begun before: no shortcut",
    file: RECONCILE,
    from: "job.mayHaveRun || job.force || old === undefined",
    to: "job.force || old === undefined",
  },
  {
    rule: "begun before: unlisted renditions are removed",
    file: RECONCILE,
    from: "...(mayBeMore ? keysBy(recipe, job) : [])",
    to: "",
  },
  {
    rule: "a commit of another recipe hides what an attempt of this one left",
    file: RECONCILE,
    from: "job.mayHaveRun || (stored !== undefined && old?.recipe !== fingerprint)",
    to: "job.mayHaveRun || isUnreadable(stored)",
  },
  {
    rule: "what is known to be rejected is no second dead letter",
    file: RECONCILE,
    from: "return old.recipe === fingerprint && old.stale.length === 0;",
    to: "return old.recipe === fingerprint && old.rejected === undefined && old.stale.length === 0;",
  },
  {
    rule: "unchanged only by the same recipe",
    file: RECONCILE,
    from: "old.recipe === fingerprint && ",
    to: "",
  },
  {
    rule: "a commit replaces the manifest that was read, and no other",
    file: STORE,
    from: 'over === undefined ? { IfNoneMatch: "*" } : { IfMatch: over }',
    to: "{}",
  },
  {
    rule: "what is to be removed is named first",
    file: RECONCILE,
    from: "await renditions.putManifest(at, manifest, over, signal)",
    to: "await renditions.putManifest(at, settled(manifest), over, signal)",
  },
  {
    rule: "what removed must settle",
    file: RECONCILE,
    from: "return (await renditions.putManifest(at, settled(manifest), etag, signal)) !== undefined;",
    to: "await renditions.putManifest(at, settled(manifest), etag, signal); return true;",
  },
  {
    rule: "what a manifest lists is removed once it is listed no more",
    file: KEYS,
    from: "...manifest.renditions.map(({ key }) => key), ",
    to: "",
  },
  {
    rule: "what an earlier attempt was removing is removed",
    file: KEYS,
    from: ", ...manifest.stale",
    to: "",
  },
  {
    rule: "retire removes unlisted renditions too",
    file: RETIRE,
    from: ", ...keysBy(recipe, job)",
    to: "",
  },
  {
    rule: "a removal leaves a tombstone",
    file: RETIRE,
    from: '    if (put === undefined) return "again";\n',
    to: '    if (put === undefined) return "again";\n    await renditions.removeTombstone(at, signal);\n',
  },
  {
    rule: "a tombstone outlives every attempt that may have seen nothing there before",
    file: "test/model/world.ts",
    from: "return isTagged && !this.#isOlder(this.#removedAt);",
    to: "return isTagged;",
  },
  {
    rule: "a removal leaves a tombstone where no manifest stood",
    file: RETIRE,
    from: "const put = await renditions.putManifest(at, tombstone(job, stored), stored?.etag, signal);",
    to: 'const put = stored ? await renditions.putManifest(at, tombstone(job, stored), stored.etag, signal) : "";',
  },
  {
    rule: "a tombstone that could not be put sends its attempt round again",
    file: RETIRE,
    from: '    if (put === undefined) return "again";\n',
    to: "    void put;\n",
  },
  {
    rule: "an object of the fleet's own in a source's place retires it",
    file: RECONCILE,
    from: "if (old || isUnreadable(stored) || job.mayHaveRun) {",
    to: "if (false) {",
  },
  {
    rule: "a message that names another bucket is nobody's job",
    file: UNIT,
    from: "if (sourceBuckets.length > 0 && foreign !== undefined) {",
    to: "if (false) {",
  },
  {
    rule: "a manifest is of its own source",
    file: KEYS,
    from: "source?.bucket === bucket && source.key === key",
    to: "true",
  },
  {
    rule: "of what a manifest names, only the source's own is removed",
    file: KEYS,
    from: "  if (foreign.length > 0) context.onForeign?.(foreign);\n",
    to: "  return [...named];\n",
  },
  {
    rule: "nothing is put after the lease's end",
    file: STORE,
    from: "    signal.throwIfAborted();\n    const { ETag }",
    to: "    const { ETag }",
  },
  {
    rule: "nothing is on its way once the answer is given",
    file: "packages/core/src/reconcile/make.ts",
    from: "    await Promise.allSettled(puts);\n",
    to: "",
  },
  {
    rule: "a failed job comes back",
    file: ATTEMPT,
    from: "return { outcome, settled: false, mayStillLand };",
    to: "return { outcome, settled: true, mayStillLand };",
  },
  {
    rule: "given up, it is a dead letter",
    file: ATTEMPT,
    from: "      await context.deadLetters.send({ body, attributes, delaySeconds });\n",
    to: "",
  },
  {
    rule: "what could not be sent on is not acknowledged",
    file: ATTEMPT,
    from: "return { outcome: outcomeOf(error), settled: false, mayStillLand };",
    to: "return { outcome: outcomeOf(error), settled: true, mayStillLand };",
  },
  {
    rule: "a write that was given up lands before the next attempt",
    file: ATTEMPT,
    from: "mayStillLand ? LATE_WRITE_SECONDS : 0);",
    to: "0);",
  },
  {
    rule: "a write that was given up lands before its dead letter is redriven",
    file: ATTEMPT,
    from: "const delaySeconds = mayStillLand ? LATE_WRITE_SECONDS : 0;",
    to: "const delaySeconds = 0;",
  },
];
