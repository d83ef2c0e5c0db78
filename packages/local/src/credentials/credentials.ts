/** The credentials of the local servers. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/**
 * The access key ids of the user, the functions, the worker and the edge. They share the data
 * folder's secret. A proxy distinguishes them by the id, as AWS does by the role.
 */
export const ACCESS_KEY_IDS = [
  "local",
  "function",
  "deliver",
  "invalidate",
  "catalog",
  "uploads",
  "worker",
  "edge",
] as const;

export function credentialsOf(
  accessKeyId: (typeof ACCESS_KEY_IDS)[number],
  { secretAccessKey }: Pick<Credentials, "secretAccessKey">,
): Credentials {
  return { accessKeyId, secretAccessKey };
}

/** The variables of the SDKs and the AWS CLI. */
export function asEnvironment(credentials: Credentials): Record<string, string> {
  return {
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  };
}
