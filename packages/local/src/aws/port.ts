/** Another process listens on the port. */
export class PortTaken extends Error {
  override readonly name = "PortTaken";
  readonly port: number;

  constructor(port: number) {
    super(`port ${port} of 127.0.0.1 is in use: end what listens there, or choose another port`);
    this.port = port;
  }
}
