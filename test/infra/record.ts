import { createRequire } from "node:module";
import { asked, created, REGION } from "./answers.ts";
import { plain } from "./plain.ts";
import type { Json, Resource } from "./resource.ts";

/** What is used of Pulumi, which SST's platform brings along: untyped here, as it may not be there. */
interface Pulumi {
  runtime: {
    setAllConfig(config: Record<string, string>): void;
    setMocks(mocks: object, app: string, stage: string, preview: boolean, org: string): void;
    runInPulumiStack(program: () => Promise<unknown>): Promise<unknown>;
    disconnect(): Promise<void>;
  };
  output(value: unknown): { apply(use: (value: unknown) => void): void };
}
interface Registration {
  getType(): string;
  getName(): string;
  getRetainondelete(): boolean;
  /** The URN of its provider; empty: the app's own. */
  getProvider(): string;
  getDependenciesList(): string[];
}
interface MockMonitor {
  prototype: { registerResource(request: Registration, done: unknown): Promise<void> };
}
interface Call {
  readonly token: string;
  readonly inputs: Readonly<Record<string, Json>>;
}
interface Creation {
  readonly type: string;
  readonly name: string;
  readonly inputs: Readonly<Record<string, Json>>;
}

/**
 * Runs a Pulumi program against answers of our own.
 *
 * @param from a file whose packages Pulumi is one of
 * @param program what makes resources, and what it exports
 * @returns every resource with what it would be made of, and the exports, all resolved
 */
export async function record(
  from: string,
  { app, stage, config = {} }: { app: string; stage: string; config?: Record<string, string> },
  program: () => Promise<unknown>,
): Promise<{ resources: Resource[]; outputs: Record<string, Json> }> {
  const load = createRequire(from);
  const pulumi: Pulumi = load("@pulumi/pulumi");
  const { MockMonitor }: { MockMonitor: MockMonitor } = load("@pulumi/pulumi/runtime/mocks");
  const resources = new Map<string, Resource>();

  // Mocks do not get a resource's options: the registration has them.
  const register = MockMonitor.prototype.registerResource;
  MockMonitor.prototype.registerResource = function (request, done) {
    const [type, name] = [request.getType(), request.getName()];
    // One would take the other's place, here and in the app's state.
    if (resources.has(`${type} ${name}`)) throw new Error(`${type} ${name} is made twice`);
    resources.set(`${type} ${name}`, {
      type,
      name,
      inputs: {},
      region: /us-east-1|EdgeRegion/.test(request.getProvider()) ? "us-east-1" : REGION,
      retainOnDelete: request.getRetainondelete(),
      dependsOn: request.getDependenciesList().map((urn) => urn.split("::").at(-1) ?? urn),
    });
    return register.call(this, request, done);
  };
  const mocks = {
    newResource({ type, name, inputs }: Creation) {
      const known = resources.get(`${type} ${name}`);
      if (known) resources.set(`${type} ${name}`, { ...known, inputs: plain(inputs) });
      return created(type, name, inputs);
    },
    call: ({ token, inputs }: Call) => asked(token, inputs),
  };
  pulumi.runtime.setAllConfig(config);
  pulumi.runtime.setMocks(mocks, app, stage, false, "organization");
  let outputs: unknown;
  await pulumi.runtime.runInPulumiStack(async () => {
    outputs = await program();
    return outputs;
  });
  await pulumi.runtime.disconnect();
  const resolved = await new Promise((resolve) => pulumi.output(outputs).apply(resolve));
  return { resources: [...resources.values()], outputs: plain(resolved) };
}
