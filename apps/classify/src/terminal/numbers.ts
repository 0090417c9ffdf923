/** 0.7532 as 75.3 %. */
export function formatPercent(part: number): string {
  return `${(part * 100).toFixed(1)} %`;
}

/** A count with separated thousands: 1,280,000. */
export function formatCount(count: number): string {
  return Math.round(count).toLocaleString('en');
}

/** A count and its noun: "1 example", "1,280 examples". */
export function formatQuantity(count: number, singular: string, plural = `${singular}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? singular : plural}`;
}

/** A duration in words: 8 s, 3 min 05 s, 2 h 10 min. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const pad = (value: number) => String(value).padStart(2, '0');
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${pad(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${pad(Math.floor((whole % 3600) / 60))} min`;
}
