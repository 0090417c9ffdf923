import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A folder that is removed when the test is over. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-classify-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes a file into a scratch folder of its own, or into the given one. @returns its path. */
export function scratchFile(name: string, content: string | Uint8Array, folder = scratchFolder()): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

/** Texts of two kinds that a small model tells apart at once: the class decides most of the words. */
export function toyLines(count: number): string {
  const kinds = [
    ['bad', 'dull, weak and tedious'.split(/,? /)],
    ['good', 'bright moving and funny'.split(' ')],
  ] as const;
  const lines = Array.from({ length: count }, (_, index) => {
    const [label, words] = kinds[index % 2];
    const rotated = words.map((_, position) => words[(position + index) % words.length]);
    return `${label} the film ${index % 7} is ${rotated.slice(0, 2 + (index % 3)).join(' ')} .`;
  });
  return `${lines.join('\n')}\n`;
}
