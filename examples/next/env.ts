/** The output `imagesUrl` of the fleet's deployment. */
export const IMAGES = process.env.NEXT_PUBLIC_IMAGES ?? "https://images.example.com";
