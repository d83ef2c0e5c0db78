/** A rule of docs/protocol.md, and the text whose replacement removes it. */
export interface Rule {
  readonly rule: string;
  /** Relative to the repository's root. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

const RECONCILE = "packages/core/src/reconcile/reconcile.ts";
const REMOVE = "packages/core/src/reconcile/remove-renditions.ts";
const KEYS = "packages/core/src/reconcile/keys.ts";
const ATTEMPT = "packages/core/src/attempt/attempt.ts";
const GROUP = "packages/core/src/attempt/source-group.ts";
const REQUESTED = "packages/core/src/reconcile/requested.ts";
const DELIVER = "packages/core/src/deliver/deliver.ts";
const STORE = "packages/core/src/store/rendition-store.ts";
const PROJECT = "packages/core/src/catalog/project.ts";
const TABLE = "packages/core/src/catalog/table.ts";

const SEND_CHECK = `    if (this.#checkedEtag !== etag) {
      await this.#sendCheck(job.bucket, etag, this.#resources.settleSeconds);
    }
`;
const LAZY_PUT = "    let own = await renditions.putOver(object, this.#own, this.#signal);\n";

export const RULES: readonly Rule[] = [
  {
    rule: "read the source again after writing",
    file: RECONCILE,
    from: '  if ((await sources.etag(job.bucket, job.key, signal)) !== source.etag) return "again";\n',
    to: "",
  },
  {
    rule: "read the source again after a removal",
    file: REMOVE,
    from: '  if ((await sources.etag(job.bucket, job.key, signal)) !== seen) return "again";\n',
    to: "",
  },
  {
    rule: "a second round takes no shortcut",
    file: RECONCILE,
    from: "      mayHaveRun = true;\n",
    to: "",
  },
  {
    rule: "may have run: received before",
    file: GROUP,
    from: "const again = message.receiveCount > 1 || ",
    to: "const again = ",
  },
  {
    rule: "may have run: a dead letter with attributes",
    file: GROUP,
    from: "const again = message.receiveCount > 1 || wasDeadLetter(message);",
    to: "const again = message.receiveCount > 1;",
  },
  {
    rule: "may have run: a dead letter redriven by the console",
    file: GROUP,
    from: " || (at !== undefined && wasRedriven(message, at, leaseSeconds))",
    to: "",
  },
  {
    rule: "may have run: a last receive hides the message for a whole lease",
    file: ATTEMPT,
    from: "return receiveCount >= maxReceives ? leaseSeconds : 0;",
    to: "return 0;",
  },
  {
    rule: "may have run: forwarded to the large lane",
    file: ATTEMPT,
    from: "const mayHaveRun = job.mayHaveRun || outcome.mayHaveRun === true;",
    to: "const mayHaveRun = false;",
  },
  {
    rule: "may have run: forwarded to the large lane after a second round",
    file: RECONCILE,
    from: "...(mayHaveRun && { mayHaveRun })",
    to: "",
  },
  {
    rule: "may have run: no shortcut",
    file: RECONCILE,
    from: "job.mayHaveRun || job.force || old === undefined",
    to: "job.force || old === undefined",
  },
  {
    rule: "may have run: unlisted renditions are removed",
    file: RECONCILE,
    from: "...(mayBeMore ? keysBy(recipe, job) : [])",
    to: "",
  },
  {
    rule: "after a commit of another recipe, unlisted renditions are removed",
    file: RECONCILE,
    from: "job.mayHaveRun || (stored !== undefined && old?.recipe !== fingerprint)",
    to: "job.mayHaveRun || isUnreadable(stored)",
  },
  {
    rule: "a known rejection writes no second dead letter",
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
    rule: "a commit replaces only the manifest that was read",
    file: STORE,
    from: 'over === undefined ? { IfNoneMatch: "*" } : { IfMatch: over }',
    to: "{}",
  },
  {
    rule: "stale renditions are listed before they are removed",
    file: RECONCILE,
    from: "await renditions.putManifest(at, manifest, over, signal)",
    to: "await renditions.putManifest(at, settled(manifest), over, signal)",
  },
  {
    rule: "a commit fails if its last write conflicts",
    file: RECONCILE,
    from: "return (await renditions.putManifest(at, settled(manifest), etag, signal)) !== undefined;",
    to: "await renditions.putManifest(at, settled(manifest), etag, signal); return true;",
  },
  {
    rule: "listed renditions are removed when they are not made any more",
    file: KEYS,
    from: "const listed = [...renditions, ...onRequest]",
    to: "const listed = [...onRequest]",
  },
  {
    rule: "stale renditions of an earlier attempt are removed",
    file: KEYS,
    from: ", ...stale",
    to: "",
  },
  {
    rule: "a removal includes unlisted renditions",
    file: REMOVE,
    from: ", ...keysBy(recipe, job)",
    to: "",
  },
  {
    rule: "a removal leaves a tombstone",
    file: REMOVE,
    from: '    if (put === undefined) return "again";\n',
    to: '    if (put === undefined) return "again";\n    await renditions.removeTombstone(at, signal);\n',
  },
  {
    rule: "a tombstone outlives every attempt that found no manifest before it",
    file: "test/model/world.ts",
    from: "return isTagged && !isOlder && !this.#isOlder(this.#removedAt);",
    to: "return isTagged;",
  },
  {
    rule: "a removal leaves a tombstone also without a manifest",
    file: REMOVE,
    from: "const put = await renditions.putManifest(at, tombstone(job, stored), stored?.etag, signal);",
    to: 'const put = stored ? await renditions.putManifest(at, tombstone(job, stored), stored.etag, signal) : "";',
  },
  {
    rule: "an attempt reconciles again after a conflict of its tombstone",
    file: REMOVE,
    from: '    if (put === undefined) return "again";\n',
    to: "    void put;\n",
  },
  {
    rule: "an object of the fleet in a source's place removes the renditions",
    file: RECONCILE,
    from: "if (old || isUnreadable(stored) || job.mayHaveRun || job.check) {",
    to: "if (false) {",
  },
  {
    rule: "a message that names another bucket is malformed",
    file: GROUP,
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
    rule: "only keys of the source are removed from a manifest",
    file: KEYS,
    from: "  if (foreign.length > 0) context.onForeign?.(foreign);\n",
    to: "  return [...named];\n",
  },
  {
    rule: "nothing is written after the lease's end",
    file: STORE,
    from: "    signal.throwIfAborted();\n    const { ETag }",
    to: "    const { ETag }",
  },
  {
    rule: "no write is in progress after the outcome",
    file: "packages/core/src/reconcile/make.ts",
    from: "    await Promise.allSettled(puts);\n",
    to: "",
  },
  {
    rule: "a failed job is retried",
    file: ATTEMPT,
    from: "return { outcome, settled: false, hasPendingWrite };",
    to: "return { outcome, settled: true, hasPendingWrite };",
  },
  {
    rule: "a job at its last receive becomes a dead letter",
    file: ATTEMPT,
    from: "      await context.deadLetters.send({ body, attributes, delaySeconds });\n",
    to: "",
  },
  {
    rule: "a message whose dead letter cannot be sent is not acknowledged",
    file: ATTEMPT,
    from: "return { outcome: outcomeOf(error), settled: false, hasPendingWrite };",
    to: "return { outcome: outcomeOf(error), settled: true, hasPendingWrite };",
  },
  {
    rule: "the next attempt waits for a write that was given up",
    file: ATTEMPT,
    from: "const lateWrite = hasPendingWrite ? LATE_WRITE_SECONDS : 0;",
    to: "const lateWrite = 0;",
  },
  {
    rule: "a redrive waits for a write that was given up",
    file: ATTEMPT,
    from: "const delaySeconds = hasPendingWrite ? LATE_WRITE_SECONDS : 0;",
    to: "const delaySeconds = 0;",
  },
  {
    rule: "a delivery sends a job that checks its rendition",
    file: DELIVER,
    from: SEND_CHECK,
    to: "",
  },
  {
    rule: "that job is sent before the rendition is stored",
    file: DELIVER,
    from: `${SEND_CHECK}${LAZY_PUT}`,
    to: `${LAZY_PUT}${SEND_CHECK}`,
  },
  {
    rule: "that job is received after the delivery and its writes have ended",
    file: DELIVER,
    from: "await this.#sendCheck(job.bucket, etag, this.#resources.settleSeconds);",
    to: "await this.#sendCheck(job.bucket, etag, 0);",
  },
  {
    rule: "a delivery reads the source again after it has stored",
    file: DELIVER,
    from: 'return now === etag ? this.#stored(body, own, etag) : "again";',
    to: "return this.#stored(body, own, etag);",
  },
  {
    rule: "an unchanged source's renditions on request are checked",
    file: RECONCILE,
    from: "old === undefined || job.check === undefined",
    to: "true",
  },
  {
    rule: "renditions on request of another content are removed",
    file: REQUESTED,
    from: "old?.source.etag === etag && ",
    to: "",
  },
  {
    rule: "a rendition on request is of the current content",
    file: REQUESTED,
    from: "found.sourceEtag === etag && ",
    to: "",
  },
  {
    rule: "a rendition on request is of the current preset",
    file: REQUESTED,
    from: " && found.fingerprint === fingerprint",
    to: "",
  },
  {
    rule: "a removal includes what a delivery may have stored",
    file: REMOVE,
    from: "job.mayHaveRun || job.check !== undefined",
    to: "job.mayHaveRun",
  },
  {
    rule: "a replaced content is invalidated",
    file: RECONCILE,
    from: "if (isOfOld || job.mayHaveRun",
    to: "if (job.mayHaveRun",
  },
  {
    rule: "what an earlier attempt may have left is invalidated",
    file: RECONCILE,
    from: "if (isOfOld || job.mayHaveRun",
    to: "if (isOfOld",
  },
  {
    rule: "a delivery of another content is invalidated",
    file: RECONCILE,
    from: "  if (job.checkedEtags?.some((etag) => etag !== current)) context.onReplaced?.();\n",
    to: "",
  },
  {
    rule: "a deleted source is invalidated",
    file: REMOVE,
    from: "  if (!isClean) context.onReplaced?.();\n",
    to: "",
  },
  {
    rule: "a job whose invalidation cannot be sent is retried",
    file: ATTEMPT,
    from: `    await invalidations.send({ body: jobMessage(source) });
    return outcome;
  } catch (error) {
    return outcomeOf(error);`,
    to: `    await invalidations.send({ body: jobMessage(source) });
    return outcome;
  } catch {
    return outcome;`,
  },
  {
    rule: "each content of a delivery is checked",
    file: DELIVER,
    from: "if (this.#checkedEtag !== etag) {",
    to: "if (this.#checkedEtag === undefined) {",
  },
  {
    rule: "a notification is published before the item is written",
    file: PROJECT,
    from: "if (!isNamed || item.telling !== undefined) {",
    to: "if (item === undefined || item.telling !== undefined) {",
  },
  {
    rule: "an item is written in the place of the one that was read",
    file: TABLE,
    from: 'return { ConditionExpression: "attribute_not_exists(pk)" };',
    to: "return {};",
  },
  {
    rule: "the manifest is read again after the item was written",
    file: PROJECT,
    from: "  if ((await renditions.manifest(at, signal))?.etag !== stored?.etag) return false;\n",
    to: "",
  },
  {
    rule: "a content that returns has an id of its own",
    file: PROJECT,
    from: "const id = committedId(item, version, next);",
    to: "const id = first;",
  },
  {
    rule: "a failure is published only if its item is written",
    file: PROJECT,
    from: "if (!isNamed && !next.isOrdered) {",
    to: "if (next === undefined) {",
  },
  {
    rule: "a notification that may not have been published is published again",
    file: PROJECT,
    from: "if (!isNamed || item.telling !== undefined) {",
    to: "if (!isNamed) {",
  },
  {
    rule: "an item names the notification that was read",
    file: TABLE,
    from: 'same("notified", notified)',
    to: 'same("seq", seq)',
  },
  {
    rule: "a second failure of a content has an id of its own",
    file: PROJECT,
    from: "changeOf(version, item?.returns)",
    to: "changeOf(version)",
  },
  {
    rule: "the source is read again after a notice",
    file: PROJECT,
    from: "  return notice === undefined || (await sources.content(bucket, key, signal)) === current;\n",
    to: "  return true;\n",
  },
  {
    rule: "an item of a later version is not replaced",
    file: PROJECT,
    from: "  if (version !== undefined && item?.seq !== undefined && item.seq > version.seq) return false;\n",
    to: "",
  },
  {
    rule: "a content that was rendered after all has not failed",
    file: PROJECT,
    from: "current !== undefined && current !== content",
    to: "current !== undefined",
  },
  {
    rule: "a job that ends without a commit sends a notice",
    file: ATTEMPT,
    from: 'outcome.kind !== "unchanged" && outcome.kind !== "removed"',
    to: "true",
  },
  {
    rule: "a change of content has another id of its notifications",
    file: "packages/core/src/reconcile/describe.ts",
    from: "since: isSameState ? (over?.since ?? over?.seq ?? seq) : seq",
    to: "since: over?.since ?? over?.seq ?? seq",
  },
];
