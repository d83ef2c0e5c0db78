/** The services that are called, as AWS's own variables name them. */
export const SERVICES = [
  "S3",
  "SQS",
  "CLOUDWATCH",
  "EC2",
  "ECS",
  "IAM",
  "LAMBDA",
  "SERVICE_QUOTAS",
  "STS",
] as const;
export type Service = (typeof SERVICES)[number];

/** An address, and which variable gave it: for the message when it is wrong. */
export interface NamedEndpoint {
  readonly url: string;
  readonly by: string;
}

/** What the environment says of where the fleet is; unset and empty are the same. */
export interface ConnectionEnv {
  readonly endpoint?: NamedEndpoint;
  /** Those that have one of their own. */
  readonly endpoints: Partial<Readonly<Record<Service, NamedEndpoint>>>;
  readonly region?: string;
  /** Are there keys to sign with? */
  readonly hasCredentials: boolean;
  /** Everything else that names a resource, by the variable's name. */
  readonly variables: Readonly<Record<string, string>>;
}

/** Reads what the AWS CLI reads too; that tool knows AWS_DEFAULT_REGION, and the SDK does not. */
export function readConnectionEnv(environment: NodeJS.ProcessEnv = process.env): ConnectionEnv {
  const variables: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (value && /^(IMAGEFLEET|SST_RESOURCE)_/.test(name)) variables[name] = value;
  }
  const region = environment["AWS_REGION"] || environment["AWS_DEFAULT_REGION"];
  const ignored = environment["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] === "true";
  const endpointBy = (by: string) => {
    const url = ignored ? undefined : environment[by];
    return url ? { url, by } : undefined;
  };
  const endpoints: Partial<Record<Service, NamedEndpoint>> = {};
  for (const service of SERVICES) {
    const endpoint = endpointBy(`AWS_ENDPOINT_URL_${service}`);
    if (endpoint) endpoints[service] = endpoint;
  }
  const endpoint = endpointBy("AWS_ENDPOINT_URL");
  const hasCredentials = Boolean(environment["AWS_ACCESS_KEY_ID"]);
  return {
    endpoints,
    variables,
    hasCredentials,
    ...(endpoint && { endpoint }),
    ...(region && { region }),
  };
}
