import { expect, test } from "vitest";
import * as dynalite from "./dynalite.ts";
import * as fauxqs from "./fauxqs.ts";
import { installedVersion } from "./internals.ts";

test.each([
  ["fauxqs", fauxqs.writtenFor],
  ["dynalite", dynalite.writtenFor],
])("the installed version of %s is the supported one", (name, writtenFor) => {
  expect(
    installedVersion(name),
    `packages/local/src/aws reaches into ${name} ${writtenFor}. Read what changed in the other version's code, mend the overrides, run the contract suite, then change writtenFor`,
  ).toBe(writtenFor);
});
