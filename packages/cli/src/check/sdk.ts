import { UsageError } from "../usage-error.ts";

/**
 * A client of the SDK that only these commands need. It comes with the installation that deployments
 * need, and not with the smaller one of `npm start`.
 *
 * @throws WrongUse when it is not installed
 */
export async function sdk<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND")) {
      throw error;
    }
    throw new UsageError(
      "the AWS SDK's clients for this command are not installed: npm run imagefleet installs them where --stage is given",
      { cause: error },
    );
  }
}
