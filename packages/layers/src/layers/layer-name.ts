const counts = new Map<string, number>();

/** A name no layer of this kind has had: `gru_1`, `gru_2`, … */
export function layerName(kind: string): string {
  const count = (counts.get(kind) ?? 0) + 1;
  counts.set(kind, count);
  return `${kind}_${count}`;
}
