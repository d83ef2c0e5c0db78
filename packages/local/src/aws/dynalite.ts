import * as v from "valibot";

/**
 * The version of dynalite that this folder supports. It calls internals by path, so any other version
 * must be reviewed first.
 */
export const writtenFor = "4.0.0";

const root = new URL(".", import.meta.resolve("dynalite"));
const load = async (path: string) => (await import(new URL(path, root).href)).default;

type Callback = (error: Error | null, result?: unknown) => void;

/** Values as JSON in LevelDB. */
interface Values {
  put(key: string, value: unknown): Promise<void>;
  get(key: string): Promise<unknown>;
}

export interface Store {
  readonly db: Values & { open(): Promise<void>; close(): Promise<void> };
}

interface Rules {
  readonly types: object;
  readonly custom?: (data: object, store: Store) => string | undefined;
}

interface Database {
  create(options: {
    path: string;
    createTableMs: number;
    deleteTableMs: number;
    updateTableMs: number;
  }): Store;
}

interface Validations {
  checkTypes(data: object, types: object): object;
  checkValidations(data: object, types: object, custom: Rules["custom"], store: Store): void;
}

const database: Database = await load("db/index.js");
const validations: Validations = await load("validations/index.js");

/** The error of an action, with its JSON body. */
const Refused = v.looseObject({
  statusCode: v.number(),
  body: v.looseObject({ __type: v.string() }),
});

/** An error with DynamoDB's status and JSON body. */
export class DynamoError extends Error {
  readonly statusCode: number;
  readonly body: Readonly<Record<string, unknown>>;

  constructor(statusCode: number, body: Readonly<Record<string, unknown>>) {
    super(JSON.stringify(body));
    this.statusCode = statusCode;
    this.body = body;
  }
}

/** Opens the LevelDB in the folder, which is created. */
export async function openStore(folder: string): Promise<Store> {
  // On AWS a table is active after seconds.
  const times = { createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 };
  const store = database.create({ path: folder, ...times });
  await store.db.open();
  return store;
}

/**
 * Runs an action as dynalite's own server does.
 *
 * @param action as dynalite names its files: `getItem`
 * @throws DynamoError
 */
export async function run(store: Store, action: string, data: object): Promise<unknown> {
  const rules: Rules = await load(`validations/${action}.js`);
  const act: (store: Store, data: object, done: Callback) => void = await load(
    `actions/${action}.js`,
  );
  try {
    const checked = validations.checkTypes(data, rules.types);
    validations.checkValidations(checked, rules.types, rules.custom, store);
    return await new Promise((resolve, reject) => {
      act(store, checked, (error, result) => {
        if (error) reject(error);
        else resolve(result);
      });
    });
  } catch (error) {
    if (v.is(Refused, error)) throw new DynamoError(error.statusCode, error.body);
    // Its checks miss some values of a wrong type, such as `null` in the place of an attribute.
    if (!(error instanceof TypeError)) throw error;
    const __type = "com.amazon.coral.service#SerializationException";
    throw new DynamoError(400, { __type, message: error.message });
  }
}
