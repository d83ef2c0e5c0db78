import { afterEach, expect, it } from "vitest";
import { alone, onThread, setThreads } from "./threads.ts";

afterEach(() => setThreads(1));

/** Work that ends on request and reports how much ran concurrently. */
function watched() {
  const running = new Set<string>();
  const most = new Map<string, number>();
  const starts = new Map<string, () => void>();
  const ends = new Map<string, PromiseWithResolvers<void>>();
  const started = (name: string) => new Promise<void>((resolve) => starts.set(name, resolve));
  const work = (name: string) => async () => {
    running.add(name);
    for (const other of running) most.set(other, Math.max(most.get(other) ?? 0, running.size));
    const end = Promise.withResolvers<void>();
    ends.set(name, end);
    starts.get(name)?.();
    await end.promise;
    running.delete(name);
  };
  return { running, most, started, work, end: (name: string) => ends.get(name)?.resolve() };
}

it("runs as many pipelines at once as there are threads", async () => {
  setThreads(2);
  const { running, started, work, end } = watched();
  const third = started("c");
  const all = ["a", "b", "c"].map((name) => onThread(work(name)));
  await Promise.resolve();
  await new Promise(setImmediate);
  expect([...running]).toEqual(["a", "b"]);
  end("a");
  await third;
  expect([...running]).toEqual(["b", "c"]);
  end("b");
  end("c");
  await Promise.all(all);
});

it("runs a pipeline alone after running ones and before later ones, and two such in turn", async () => {
  setThreads(3);
  const { most, started, work, end } = watched();
  const names = ["before", "one", "other", "after"];
  const starts = names.map(started);
  const all = [
    onThread(work("before")),
    alone(work("one")),
    alone(work("other")),
    onThread(work("after")),
  ];
  const left = new Map(names.map((name, at) => [name, starts[at]]));
  while (left.size > 0) {
    const name = await Promise.race([...left].map(([key, start]) => start?.then(() => key)));
    if (name === undefined) break;
    left.delete(name);
    await new Promise(setImmediate);
    end(name);
  }
  await Promise.all(all);
  expect(most.get("one")).toBe(1);
  expect(most.get("other")).toBe(1);
});

it("continues after a pipeline that failed alone", async () => {
  setThreads(2);
  await expect(alone(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
  await expect(Promise.all([onThread(async () => 1), onThread(async () => 2)])).resolves.toEqual([
    1, 2,
  ]);
});
