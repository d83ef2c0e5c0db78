import { InvalidArgumentError, Option } from "@commander-js/extra-typings";

export function urlOption() {
  return new Option(
    "--url <url>",
    "where renditions are delivered (default: found by the fleet)",
  ).argParser(originOf);
}

function originOf(text: string): string {
  const url = URL.parse(text);
  if (url !== null && /^https?:$/.test(url.protocol) && url.pathname === "/") return url.origin;
  throw new InvalidArgumentError("Use an address without a path, as https://images.example.com.");
}
