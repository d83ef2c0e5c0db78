import { signal } from "@preact/signals";

/** A place in the page: `#/dead-letters?reason=Throttled`. */
export interface Route {
  readonly page: string;
  readonly query: URLSearchParams;
}

function current(): Route {
  const [page = "", query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  return { page, query: new URLSearchParams(query) };
}

export const route = signal<Route>(current());

addEventListener("hashchange", () => {
  const last = route.value.page;
  route.value = current();
  // A screen reader and the keyboard go on at the new page.
  if (last !== route.value.page) document.querySelector<HTMLElement>("h1")?.focus();
});

/** The names and values of an address; a name may be repeated. */
export type Query = Record<string, string> | [string, string][];

/** The address of a place. */
export function to(page: string, query: Query = {}): string {
  const text = new URLSearchParams(query).toString();
  return `#/${page}${text === "" ? "" : `?${text}`}`;
}

export function go(page: string, query: Query = {}): void {
  location.hash = to(page, query);
}
