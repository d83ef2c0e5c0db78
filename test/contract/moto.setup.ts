import { GenericContainer, Wait } from "testcontainers";
import type { TestProject } from "vitest/node";
import { onEngine } from "../container/engine.ts";

/** An independent AWS server: a promise that both servers keep is not only our reading of the protocol. */
const IMAGE = "motoserver/moto:5.1.1";
const PORT = 5000;

declare module "vitest" {
  interface ProvidedContext {
    /** Its address; "" if it cannot be run. */
    motoEndpoint: string;
  }
}

/** Runs moto in a container for the tests of this project. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const container = await onEngine("the contract tests against moto", () =>
    new GenericContainer(IMAGE)
      .withExposedPorts(PORT)
      .withWaitStrategy(Wait.forHttp("/moto-api/data.json", PORT))
      .start(),
  );
  const address = container && `http://${container.getHost()}:${container.getMappedPort(PORT)}`;
  project.provide("motoEndpoint", address ?? "");
  return async () => {
    await container?.stop();
  };
}
