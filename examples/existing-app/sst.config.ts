/// <reference path="../../.sst/platform/config.d.ts" />

// An app that had its bucket and its network before the fleet came.
export default $config({
  app({ stage }) {
    return {
      name: "shop",
      version: "4.17.1",
      home: "aws",
      removal: stage === "production" ? "retain" : "remove",
      protect: stage === "production",
      providers: { aws: { region: "eu-west-1" } },
    };
  },
  async run() {
    const { Imagefleet } = await import("@imagefleet/sst");

    const vpc = new sst.aws.Vpc("Network");
    const uploads = new sst.aws.Bucket("Uploads");

    const photos = new Imagefleet("Photos", {
      recipe: "recipe.ts",
      keep: $app.stage === "production",
      source: { bucket: uploads, notifications: "replace" },
      network: { vpcId: vpc.id, subnets: vpc.publicSubnets, publicAddresses: true },
      alarmEmails: ["oncall@example.com"],
    });

    new sst.aws.Function("Upload", { handler: "src/upload.handler", link: [photos], url: true });
    return photos.outputs;
  },
});
