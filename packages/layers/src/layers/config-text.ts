import type { Json } from '@sluice/core';

/**
 * JSON as text that TensorFlow.js's saved models leave alone. They turn every string into snake case when saving and
 * into camel case when loading; capitals and underscores, which that changes, are written as `\u` escapes.
 */
export function textFromJson(value: Json): string {
  return JSON.stringify(value).replace(/[A-Z_]|[^\x20-\x7e]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** The value that `textFromJson` wrote. */
export const jsonFromText = (text: string): Json => JSON.parse(text) as Json;
