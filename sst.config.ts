/// <reference path="./.sst/platform/config.d.ts" />

// `npm run sst -- deploy --stage production` builds what infra/ says. SST allows no imports up here.
export default $config({
  app({ stage }) {
    const production = stage === "production";
    return {
      name: "imagefleet",
      // The version that package.json pins: the graph is tested with this one.
      version: "4.17.1",
      home: "aws",
      // Production keeps its pictures when it is removed, and refuses to be removed at all until
      // `protect` is taken away here. Every other stage leaves nothing behind.
      removal: production ? "retain" : "remove",
      protect: production,
      // Nothing is linked: no types are needed beside the packages' sources.
      types: { ignore: ["packages", "bench", "infra"] },
      // What the fleet keeps on this machine changes all the time, and is nobody's source.
      watch: { ignore: [".imagefleet"] },
      providers: { aws: { defaultTags: { tags: { project: "imagefleet", stage } } } },
    };
  },
  async run() {
    const { outputs } = await import("./infra/outputs.ts");
    return outputs;
  },
});
