/// <reference path="./.sst/platform/config.d.ts" />

// `npm run sst -- deploy --stage production` builds what infra/ says. SST allows no imports up here.
export default $config({
  async app({ stage }) {
    const { settingsOf } = await import("./infra/stage-settings.ts");
    const { app: name, region, accounts, keep } = settingsOf(stage);
    return {
      name,
      // The version that package.json pins: the graph is tested with this one.
      version: "4.17.1",
      home: "aws",
      // What is kept refuses to be removed at all until `keep` is taken away; what is not leaves
      // nothing behind.
      removal: keep ? "retain" : "remove",
      protect: keep,
      // Nothing is linked: no types are needed beside the packages' sources.
      types: { ignore: ["packages", "bench", "infra"] },
      // What the fleet keeps on this machine changes all the time, and is nobody's source.
      watch: { ignore: [".imagefleet"] },
      providers: {
        aws: {
          region,
          ...(accounts.length > 0 && { allowedAccountIds: accounts }),
          defaultTags: { tags: { project: "imagefleet", stage } },
        },
      },
    };
  },
  async run() {
    const { Imagefleet } = await import("./infra/imagefleet.ts");
    const { settingsOf } = await import("./infra/stage-settings.ts");
    const { app: _, region, accounts, ...settings } = settingsOf($app.stage);
    return new Imagefleet("Photos", { recipe: "recipe.ts", ...settings }).outputs;
  },
});
