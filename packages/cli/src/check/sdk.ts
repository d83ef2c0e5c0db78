import { UsageError } from "../usage-error.ts";

/**
 * Loads an SDK client that only doctor, preflight and picture --logs need. The installation for deployments includes it,
 * and the smaller one of `npm start` does not.
 *
 * @throws UsageError when it is not installed
 */
export async function sdk<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND")) {
      throw error;
    }
    throw new UsageError(
      "the AWS SDK clients for this command are not installed. npm run imagefleet installs them when --stage or --logs is given",
      { cause: error },
    );
  }
}
