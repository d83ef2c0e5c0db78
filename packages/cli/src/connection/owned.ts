/** Destroys a client of the SDK on disposal. */
export function owned<C extends { destroy(): void }>(client: C): C & Disposable {
  return Object.assign(client, { [Symbol.dispose]: () => client.destroy() });
}
