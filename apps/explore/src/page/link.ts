import * as v from 'valibot';
import { DEVICES, type RunSettings, TASKS } from '../protocol.js';

/** Longer links are refused: many programs cut them. */
const LONGEST = 8000;

const whole = (least: number, most: number) =>
  v.pipe(v.number(), v.safeInteger(), v.minValue(least), v.maxValue(most));

const schema: v.GenericSchema<unknown, RunSettings> = v.object({
  cells: v.pipe(
    v.array(
      v.object({
        name: v.pipe(v.string(), v.maxLength(60)),
        equations: v.pipe(v.string(), v.maxLength(5000)),
      }),
    ),
    v.minLength(1),
    v.maxLength(4),
  ),
  task: v.picklist(TASKS),
  device: v.picklist(DEVICES),
  units: whole(1, 256),
  epochs: whole(1, 100),
  learningRate: v.pipe(v.number(), v.gtValue(0), v.maxValue(1)),
  seed: whole(0, 1_000_000),
});

/** The part of a link behind `#` that carries cells and settings. */
export function fragmentOf(settings: RunSettings): string {
  const bytes = new TextEncoder().encode(JSON.stringify(settings));
  const text = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
  return text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/**
 * Cells and settings of a link.
 *
 * @throws Error when the fragment is no such link, or names what does not exist.
 */
export function settingsOf(fragment: string): RunSettings {
  if (fragment.length > LONGEST)
    throw new Error(`The link is too long: ${fragment.length} characters, at most ${LONGEST}.`);
  let value: unknown;
  try {
    const text = atob(fragment.replaceAll('-', '+').replaceAll('_', '/'));
    value = JSON.parse(
      new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(text, (c) => c.charCodeAt(0))),
    );
  } catch {
    throw new Error('The link is damaged; copy it again, or start without it.');
  }
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new Error(
    `The link has a wrong ${v.getDotPath(issue) ?? 'content'}: ${issue.message.slice(0, 200)}.`,
  );
}
