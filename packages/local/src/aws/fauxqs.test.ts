import { expect, test } from "vitest";
import { installedVersion, writtenFor } from "./fauxqs.ts";

test("the installed version of fauxqs is the supported one", () => {
  expect(
    installedVersion(),
    `packages/local/src/aws reaches into fauxqs ${writtenFor}. Read what changed in the other version's dist, mend the overrides, run the contract suite, then change writtenFor`,
  ).toBe(writtenFor);
});
