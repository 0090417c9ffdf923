/** A text for each number from 0 to before a count, with something between them. */
export const each = (count: number, text: (i: number) => string, between = '\n  '): string =>
  Array.from({ length: count }, (_, i) => text(i)).join(between);
