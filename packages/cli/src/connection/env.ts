/** The AWS services in use, as in the names of AWS's own variables. */
export const SERVICES = [
  "S3",
  "SQS",
  "CLOUDFRONT",
  "CLOUDWATCH",
  "CLOUDWATCH_LOGS",
  "DYNAMODB",
  "EC2",
  "ECS",
  "IAM",
  "LAMBDA",
  "SERVICE_QUOTAS",
  "STS",
] as const;
export type Service = (typeof SERVICES)[number];

/** An endpoint and the variable that set it, for error messages. */
export interface NamedEndpoint {
  readonly url: string;
  readonly by: string;
}

/** The environment variables that locate the fleet. An empty value counts as unset. */
export interface ConnectionEnv {
  readonly endpoint?: NamedEndpoint;
  /** Endpoints of single services. */
  readonly endpoints: Partial<Readonly<Record<Service, NamedEndpoint>>>;
  readonly region?: string;
  /** True when the environment has an access key. */
  readonly hasCredentials: boolean;
  /** The variables that name resources. */
  readonly variables: Readonly<Record<string, string>>;
}

/** Reads the same variables as the AWS CLI. The SDK does not read AWS_DEFAULT_REGION. */
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
