import type { CommandInput, Group } from "./api.ts";
import type { Query, Route } from "./route.ts";

/** Which dead letters are shown and changed: one scope for the number, the list and the button. */
export type Filter = Pick<
  Extract<CommandInput, { name: "dlq redrive" }>,
  "reasons" | "message" | "key" | "lane" | "newerThan" | "olderThan"
>;

const NAMES = ["message", "key", "lane", "newerThan", "olderThan"] as const;

/** The filter of an address, unchecked: the console refuses what is wrong, so that no scope becomes wider. */
export function filterOf({ query }: Route): Filter {
  const given = NAMES.flatMap((name) => {
    const value = query.get(name);
    return value === null ? [] : [[name, value] as const];
  });
  const reasons = query.getAll("reason");
  return {
    ...Object.fromEntries(given),
    ...(reasons.length > 0 && { reasons }),
  };
}

/** The address of a filter. */
export function queryOf({ reasons = [], ...filter }: Filter): Query {
  return [
    ...Object.entries(filter),
    ...reasons.map((reason): [string, string] => ["reason", reason]),
  ];
}

/** The parts of a filter, in words. */
export function partsOf(filter: Filter): readonly { text: string; without: Filter }[] {
  const { reasons, message, key, lane, newerThan, olderThan } = filter;
  const without = (...names: readonly (keyof Filter)[]): Filter => {
    const left = { ...filter };
    for (const name of names) delete left[name];
    return left;
  };
  const hour = newerThan ?? olderThan;
  return [
    ...(reasons === undefined ? [] : [{ text: reasons.join(" or "), without: without("reasons") }]),
    ...(message === undefined ? [] : [{ text: `“${message}”`, without: without("message") }]),
    ...(key === undefined ? [] : [{ text: key, without: without("key") }]),
    ...(lane === undefined ? [] : [{ text: `${lane} lane`, without: without("lane") }]),
    ...(hour === undefined
      ? []
      : [
          {
            text: `last attempt from ${newerThan?.slice(0, 16) ?? "the first"} to ${olderThan?.slice(0, 16) ?? "now"} UTC`,
            without: without("newerThan", "olderThan"),
          },
        ]),
  ];
}

export type Grouping = "reasons" | "messages" | "folders" | "hours";

/** What a group adds to the filter; undefined for one that no option selects. */
export function selects(grouping: Grouping, { name }: Group): Filter | undefined {
  switch (grouping) {
    case "reasons":
      return { reasons: [name] };
    case "messages":
      return { message: name };
    case "folders":
      if (name === "(no source)") return undefined;
      return { key: name === "(top)" ? "*" : `${escapeGlob(name)}**` };
    case "hours": {
      const from = new Date(`${name}:00:00Z`);
      const until = new Date(from.getTime() + 3_600_000);
      return { newerThan: from.toISOString(), olderThan: until.toISOString() };
    }
  }
}

/** A glob that matches a text alone: each character that a glob gives a meaning stands for itself. */
export function escapeGlob(text: string): string {
  return text.replace(/[\\*?[\]{}()!+@|]/g, "\\$&");
}
