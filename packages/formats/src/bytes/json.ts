import { decodeText } from './byte-reader.js';
import { damaged, describe, FormatError } from './format-error.js';

/** An object of a JSON text, of which nothing has been checked yet. */
export type JsonRecord = { readonly [key: string]: unknown };

/** No model's description is nested deeper; a deeper text would overflow the stack of whoever walks through it. */
const MAX_DEPTH = 200;

/** The value of a JSON text. @throws FormatError when it is no JSON or nested too deep. */
export function parseJson(bytes: Uint8Array, file: string): unknown {
  const text = decodeText(bytes, file);
  checkDepth(text, file);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw damaged(file, `it is not valid JSON (${(error as Error).message})`);
  }
}

function checkDepth(text: string, file: string): void {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (inString) {
      if (character === '\\') i++;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === '{' || character === '[') {
      if (++depth > MAX_DEPTH) {
        throw new FormatError(`${file}: its JSON is nested more than ${MAX_DEPTH} levels deep.`);
      }
    } else if (character === '}' || character === ']') depth--;
  }
}

export const isRecord = (value: unknown): value is JsonRecord =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** @throws FormatError when the value is no object. */
export function requireRecord(value: unknown, file: string, what: string): JsonRecord {
  if (isRecord(value)) return value;
  throw new FormatError(`${file}: ${what} must be an object, but is ${describe(value)}.`);
}

/** @throws FormatError when the value is no array. */
export function requireArray(value: unknown, file: string, what: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new FormatError(`${file}: ${what} must be an array, but is ${describe(value)}.`);
}

/** @throws FormatError when the value is no text. */
export function requireText(value: unknown, file: string, what: string): string {
  if (typeof value === 'string') return value;
  throw new FormatError(`${file}: ${what} must be a text, but is ${describe(value)}.`);
}

/** @throws FormatError when the value is no whole number ≥ 0. */
export function requireCount(value: unknown, file: string, what: string): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw new FormatError(`${file}: ${what} must be a whole number of 0 or more, but is ${describe(value)}.`);
}
