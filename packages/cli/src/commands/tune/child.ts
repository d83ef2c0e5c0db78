import { configureCodec, measureEncodings } from "@imagefleet/core/image";

configureCodec({ threads: 1 });

/** What a process of the pool runs. */
export default measureEncodings;
