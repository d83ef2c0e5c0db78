/** What the environment says of where the fleet is; unset and empty are the same. */
export interface ConnectionEnv {
  readonly endpoint?: string;
  /** Everything else that names a resource, by the variable's name. */
  readonly variables: Readonly<Record<string, string>>;
}

export function readConnectionEnv(environment: NodeJS.ProcessEnv = process.env): ConnectionEnv {
  const variables: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (value && /^(IMAGEFLEET|SST_RESOURCE)_/.test(name)) variables[name] = value;
  }
  const endpoint = environment["AWS_ENDPOINT_URL"];
  return endpoint ? { endpoint, variables } : { variables };
}
