import { configureCodec } from "@imagefleet/core/image";
import { measureEncodings } from "@imagefleet/core/measuring";

configureCodec({ threads: 1 });

/** What a process of the pool runs. */
export default measureEncodings;
