import { decodeText } from './byte-reader.js';
import { damaged, describe, FormatError } from './format-error.js';
import { isRecord, type JsonRecord } from './record.js';

/** No model's description is nested deeper; a deeper text would overflow the stack of whoever walks through it. */
const MAX_DEPTH = 200;

/** The value of a JSON text. @throws FormatError when it is no JSON or nested too deep. */
export function parseJson(bytes: Uint8Array, file: string): unknown {
  const text = decodeText(bytes, file);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw damaged(file, `it is not valid JSON (${(error as Error).message})`);
  }
  if (!isDeeper(value, MAX_DEPTH)) return value;
  throw new FormatError(`${file}: its JSON is nested more than ${MAX_DEPTH} levels deep.`);
}

/** Whether a value is nested deeper than a number of levels. */
const isDeeper = (value: unknown, levels: number): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1)));

/** Whether a value is a whole number of 0 or more. */
export const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0;

/** A function that returns a value of the right kind, and throws a `FormatError` for any other. */
const requirement =
  <T>(kind: string, isRight: (value: unknown) => boolean) =>
  (value: unknown, file: string, what: string): T => {
    if (isRight(value)) return value as T;
    throw new FormatError(`${file}: ${what} must be ${kind}, but is ${describe(value)}.`);
  };

export const requireRecord = requirement<JsonRecord>('an object', isRecord);
export const requireArray = requirement<readonly unknown[]>('an array', Array.isArray);
export const requireText = requirement<string>('a text', (value) => typeof value === 'string');
export const requireCount = requirement<number>('a whole number of 0 or more', isCount);
