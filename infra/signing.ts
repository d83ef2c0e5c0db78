import { type Fleet, physicalOfAccount } from "./context.ts";

/** What the edge's function needs for signed ad-hoc sizes. */
export interface Signing {
  /** The key value store with the keys that are accepted. */
  readonly storeArn: $util.Output<string>;
  /** The key to sign with, as the secret has it: `{id}:{secret}`. */
  readonly key: $util.Output<string>;
}

/** A value of the store has at most 1 KB. */
const KEY = /^([a-z0-9]{1,32}):([\x21-\x7e]{32,1000})$/;

/**
 * The signing keys of a recipe with `delivery.adhoc`: the secret `{fleet}SigningKey`, and another that
 * is accepted too, so that one replaces the other without a gap (docs/delivery.md).
 */
export function signingOf(fleet: Fleet): Signing | undefined {
  const { name, recipe, within } = fleet;
  if (recipe.delivery?.adhoc === undefined) return undefined;
  const key = new sst.Secret(`${name}SigningKey`).value;
  const other = new sst.Secret(`${name}OtherSigningKey`, "").value;
  const store = new aws.cloudfront.KeyValueStore(
    `${name}SigningKeys`,
    {
      name: physicalOfAccount(fleet, "Keys"),
      comment: "Imagefleet: the keys of signed ad-hoc sizes",
    },
    within,
  );
  // All keys are one resource: a key that moves from one secret to the other is never removed between.
  new aws.cloudfront.KeyvaluestoreKeysExclusive(
    `${name}AcceptedKeys`,
    {
      keyValueStoreArn: store.arn,
      resourceKeyValuePairs: $util.secret(
        $util.all([key, other]).apply(([first, second]) => pairsOf(name, first, second)),
      ),
    },
    within,
  );
  return { storeArn: store.arn, key };
}

/** @throws Error naming the secret and what to set it to */
export function pairsOf(fleet: string, key: string, other: string) {
  const pairs = new Map([pairOf(`${fleet}SigningKey`, key)]);
  if (other !== "") {
    const [id, secret] = pairOf(`${fleet}OtherSigningKey`, other);
    if ((pairs.get(id) ?? secret) !== secret) {
      throw new Error(
        `the secrets ${fleet}SigningKey and ${fleet}OtherSigningKey differ and have the same id, "${id}": give the new one another id`,
      );
    }
    pairs.set(id, secret);
  }
  return [...pairs].map(([id, value]) => ({ key: `key.${id}`, value }));
}

function pairOf(secret: string, text: string): [id: string, value: string] {
  const [, id, value] = KEY.exec(text) ?? [];
  if (id !== undefined && value !== undefined) return [id, value];
  // The value itself is not to be shown.
  throw new Error(
    `the secret ${secret} is not a signing key: set it to an id of a-z and 0-9, ":" and 32 to 1,000 characters, such as \`sst secret set ${secret} k1:$(openssl rand -hex 32)\``,
  );
}
