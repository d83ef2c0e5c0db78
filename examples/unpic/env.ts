/** The output `imagesUrl` of the fleet's deployment. */
export const IMAGES = process.env["IMAGES"] ?? "https://images.example.com";
