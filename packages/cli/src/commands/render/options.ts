/** The options of `imagefleet render`; paths are absolute. */
export interface RenderCommandOptions {
  readonly paths: readonly string[];
  readonly cwd: string;
  readonly json: boolean;
  readonly out: string;
  readonly recipe: string;
}
