import { createHash } from 'node:crypto';
import type { Example } from './example.js';

/** A checksum over labels and texts in their order: tells whether a resumed run has the data it began with. */
export function fingerprint(examples: readonly Example[]): string {
  const hash = createHash('sha256');
  for (const { label, text } of examples) hash.update(`${label.length} ${label} ${text.length} ${text}`);
  return hash.digest('hex');
}
