/** What requests to the local servers are signed with. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/**
 * Who may sign, by access key id: the person with their tools, the function and the worker. They share
 * the data folder's secret; as on AWS by their roles, a proxy on the wire tells them apart by the id.
 */
export const ACCESS_KEY_IDS = ["local", "function", "worker"] as const;

export function credentialsOf(
  accessKeyId: (typeof ACCESS_KEY_IDS)[number],
  { secretAccessKey }: Pick<Credentials, "secretAccessKey">,
): Credentials {
  return { accessKeyId, secretAccessKey };
}

/** As the SDKs and the AWS CLI read them. */
export function asEnvironment(credentials: Credentials): Record<string, string> {
  return {
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  };
}
