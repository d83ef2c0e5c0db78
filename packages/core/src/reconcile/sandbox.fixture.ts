import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { type Sandbox, startSandbox } from "@imagefleet/local/sandbox";
import sharp from "sharp";
import { afterAll, beforeAll, beforeEach } from "vitest";
import { defineRecipe } from "../recipe/index.ts";
import { RenditionStore, SourceStore } from "../store/index.ts";
import type { ReconcileContext, Semaphore } from "./context.ts";

export const MIB = 1024 * 1024;
const THUMB = defineRecipe({ presets: { thumb: "50x50", small: { size: "80w", format: "jpeg" } } });
const OPEN_SEMAPHORE: Semaphore = (work) => work();
export const never = new AbortController().signal;

export let sandbox: Sandbox;
/** The key of the current test's source. */
export let key: string;
let count = 0;

/** Gives the tests of a file one sandbox, and each test its own source. */
export function inSandbox(): void {
  beforeAll(async () => {
    sandbox = await startSandbox();
  });
  afterAll(() => sandbox.close());
  beforeEach(() => setKey(`pictures/${count++}.jpg`));
}

/** Changes the key of the test's source. */
export function setKey(name: string): void {
  key = name;
}

export function picture(width: number, height: number, color = "#336699"): Promise<Buffer> {
  return sharp({ create: { width, height, channels: 3, background: color } })
    .jpeg()
    .toBuffer();
}

export function context(more: Partial<ReconcileContext> = {}): ReconcileContext {
  const { s3, resources } = sandbox;
  return {
    lane: "small",
    recipe: THUMB,
    sources: new SourceStore(s3),
    renditions: new RenditionStore(s3, resources.renditionBucket),
    memoryBytes: 512 * MIB,
    renderSemaphore: OPEN_SEMAPHORE,
    ...more,
  };
}

export function job(more: { mayHaveRun?: boolean; force?: boolean } = {}) {
  return { bucket: sandbox.resources.sourceBucket, key, mayHaveRun: false, force: false, ...more };
}

export async function upload(body: Uint8Array, Metadata?: Record<string, string>): Promise<void> {
  const { s3, resources } = sandbox;
  const put = { Bucket: resources.sourceBucket, Key: key, Body: body };
  await s3.send(new PutObjectCommand({ ...put, ...(Metadata && { Metadata }) }));
}

export async function remove(): Promise<void> {
  const { s3, resources } = sandbox;
  await s3.send(new DeleteObjectCommand({ Bucket: resources.sourceBucket, Key: key }));
}

/** The stored objects of the source: their keys and the times of their last write. */
export async function stored(): Promise<Map<string, number>> {
  const { s3, resources } = sandbox;
  const all = await s3.send(new ListObjectsV2Command({ Bucket: resources.renditionBucket }));
  const own = (all.Contents ?? []).filter((object) => object.Key?.includes(key));
  return new Map(own.map((object) => [object.Key ?? "", object.LastModified?.getTime() ?? 0]));
}

export async function manifest(): Promise<Record<string, unknown>> {
  const { s3, resources } = sandbox;
  const at = { Bucket: resources.renditionBucket, Key: `manifests/${key}.json` };
  const got = await s3.send(new GetObjectCommand(at));
  return JSON.parse((await got.Body?.transformToString()) ?? "");
}
