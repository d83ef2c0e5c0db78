import { expect, it } from "vitest";
import { pairsOf } from "./signing.ts";

const [first, second] = ["0123456789abcdef".repeat(2), "fedcba9876543210".repeat(2)];

it("accepts one key, or two while one replaces the other", () => {
  expect(pairsOf("Photos", `k1:${first}`, "")).toEqual([{ key: "key.k1", value: first }]);
  expect(pairsOf("Photos", `k1:${first}`, `k2:${second}`)).toEqual([
    { key: "key.k1", value: first },
    { key: "key.k2", value: second },
  ]);
  expect(pairsOf("Photos", `k1:${first}`, `k1:${first}`)).toEqual([
    { key: "key.k1", value: first },
  ]);
});

it.each([
  "",
  "k1",
  first,
  `K1:${first}`,
  `k1:${first.slice(1)}`,
  `k1:${"x".repeat(1001)}`,
  `k1:${first}\n`,
])("refuses %j as a key, without showing it", (text) => {
  expect(() => pairsOf("Photos", text, "")).toThrow(
    /^the secret PhotosSigningKey is not a signing key: set it to an id .* `sst secret set PhotosSigningKey k1:/,
  );
  if (text === "") return;
  expect(() => pairsOf("Photos", `k2:${first}`, text)).toThrow(/PhotosOtherSigningKey/);
  expect(() => pairsOf("Photos", text, "")).not.toThrow(first);
});

it("refuses two keys with one id", () => {
  expect(() => pairsOf("Photos", `k1:${first}`, `k1:${second}`)).toThrow(
    'the secrets PhotosSigningKey and PhotosOtherSigningKey differ and have the same id, "k1": give the new one another id',
  );
});
