type Item<T> = T | false;

/** The items that are not false, with lists flattened: `present(title, left > 0 && more, table)`. */
export function present<T>(...items: readonly (Item<T> | readonly Item<T>[])[]): T[] {
  return items.flat().filter((item): item is T => item !== false);
}
