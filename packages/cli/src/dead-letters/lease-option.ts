import { Option } from "@commander-js/extra-typings";
import { wholeNumber } from "../terminal/duration.ts";

export function leaseOption() {
  return new Option("--lease <seconds>", "how long a killed command hides what it read")
    .argParser(wholeNumber(5, 43_200))
    .default(60);
}
