import { expect, it } from "vitest";
import { CATALOG, UPLOADS } from "./numbers.ts";

it("gives both functions the memory, and the catalog the batches, that the price is computed with", () => {
  expect([UPLOADS.memoryMb, CATALOG.memoryMb, CATALOG.batchSize]).toEqual([512, 512, 10]);
});
