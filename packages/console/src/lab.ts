import type { Context, Hono } from "hono";
import { stream } from "hono/streaming";
import * as v from "valibot";

/** A picture of the lab as a file. */
interface LabFile {
  readonly data: Uint8Array<ArrayBuffer>;
  readonly type: string;
}

/** The recipe on a sample of pictures: the command line's own lab, which checks what it is given. */
export interface LabSession extends AsyncDisposable {
  readonly pictures: readonly unknown[];
  readonly presets: readonly unknown[];
  readonly rejected: Readonly<Record<string, number>>;
  readonly notes: readonly string[];
  measure(change: unknown, views: number, signal: AbortSignal): Promise<unknown>;
  all(onResult: (result: unknown) => void, views: number, signal: AbortSignal): Promise<unknown>;
  image(id: string): Promise<LabFile | undefined>;
  reference(picture: string, label: string): Promise<LabFile | undefined>;
  line(change: unknown): Promise<unknown>;
  write(changes: readonly unknown[]): Promise<readonly string[]>;
}

/** @param targets files, folders or one s3://bucket/prefix; none: the source bucket */
export type OpenLab = (
  targets: readonly string[],
  signal: AbortSignal,
  onProgress: (listed: number, prepared: number) => void,
) => Promise<LabSession>;

const MAX_VIEWS = 1_000_000_000;
const views = v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_VIEWS)), 10);
const openSchema = v.object({
  targets: v.pipe(v.array(v.pipe(v.string(), v.nonEmpty(), v.maxLength(4096))), v.maxLength(20)),
});
const viewsSchema = v.object({ views });
const measureSchema = v.object({ change: v.unknown(), views });
const lineSchema = v.object({ change: v.unknown() });
const writeSchema = v.object({ changes: v.array(v.unknown()) });
const imageSchema = v.object({ id: v.string() });
const referenceSchema = v.object({ picture: v.string(), label: v.string() });

/** One lab at a time: a sample takes some of the disk, and a person looks at one. */
export class LabRoutes implements AsyncDisposable {
  readonly #open: OpenLab;
  #lab: LabSession | undefined;

  constructor(open: OpenLab) {
    this.#open = open;
  }

  add(app: Hono, readOnly: boolean): void {
    app.post("/api/lab/open", async (c) => {
      const { targets } = v.parse(openSchema, await c.req.json());
      return lines(c, async (write, signal) => {
        await this[Symbol.asyncDispose]();
        const lab = await this.#open(targets, signal, (listed, prepared) =>
          write({ listed, prepared }),
        );
        this.#lab = lab;
        const { pictures, presets, rejected, notes } = lab;
        write({ pictures, presets, rejected, notes });
      });
    });
    app.post("/api/lab/all", async (c) => {
      const { views: number } = v.parse(viewsSchema, await c.req.json());
      return lines(c, async (write, signal) => {
        const total = await this.#current.all((result) => write({ result }), number, signal);
        write({ total });
      });
    });
    app.post("/api/lab/measure", async (c) => {
      const { change, views: number } = v.parse(measureSchema, await c.req.json());
      return c.json(Object(await this.#current.measure(change, number, c.req.raw.signal)));
    });
    app.post("/api/lab/line", async (c) => {
      const { change } = v.parse(lineSchema, await c.req.json());
      return c.json(Object(await this.#current.line(change)));
    });
    app.post("/api/lab/write", async (c) => {
      if (readOnly) return c.json({ error: "The console was started with --read-only." }, 403);
      const { changes } = v.parse(writeSchema, await c.req.json());
      const written = await this.#current.write(changes);
      return c.json({ written, presets: this.#current.presets });
    });
    app.get("/api/lab/image", async (c) => {
      const { id } = v.parse(imageSchema, c.req.query());
      return file(c, await this.#current.image(id));
    });
    app.get("/api/lab/reference", async (c) => {
      const { picture, label } = v.parse(referenceSchema, c.req.query());
      return file(c, await this.#current.reference(picture, label));
    });
  }

  get #current(): LabSession {
    if (this.#lab === undefined) throw new Error("No sample is open: take one first.");
    return this.#lab;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const lab = this.#lab;
    this.#lab = undefined;
    await lab?.[Symbol.asyncDispose]();
  }
}

/** Answers with a line of JSON for each value, as it comes; an error is the last. */
function lines(
  c: Context,
  work: (write: (value: object) => void, signal: AbortSignal) => Promise<void>,
): Response {
  c.header("content-type", "application/x-ndjson");
  return stream(c, async (body) => {
    const gone = new AbortController();
    body.onAbort(() => gone.abort());
    const write = (value: object) => void body.write(`${JSON.stringify(value)}\n`);
    try {
      await work(write, gone.signal);
    } catch (error) {
      if (!gone.signal.aborted)
        write({ error: error instanceof Error ? error.message : String(error) });
    }
  });
}

function file(c: Context, found: LabFile | undefined): Response {
  if (found === undefined)
    return c.json({ error: "It is not kept any more: measure it again." }, 404);
  return c.body(found.data, 200, {
    "content-type": found.type,
    "content-security-policy": "default-src 'none'; sandbox",
    "cache-control": "private, max-age=3600",
  });
}
