/** @throws TypeError naming options that a function does not have, and those that it has. */
export function refuseOptions(name: string, unknown: readonly string[], known?: readonly string[]): void {
  if (unknown.length === 0) return;
  throw new TypeError(
    `${name} has no option ${unknown.join(', ')}${known ? `; it has ${known.join(', ')}` : ''}.`,
  );
}
