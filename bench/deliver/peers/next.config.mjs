/** The images are on an S3 of this machine, whose port differs in each run. */
export default {
  images: {
    formats: ["image/avif", "image/webp"],
    remotePatterns: [{ protocol: "http", hostname: "127.0.0.1" }],
    dangerouslyAllowLocalIP: true,
    // As in contestants.ts.
    qualities: [77, 83, 85, 86],
  },
};
