import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './workspace.js';

/** A fenced block of a README. */
export interface Block {
  /** The README, relative to the root. */
  readme: string;
  /** 1-based line of the opening fence. */
  line: number;
  language: string;
  text: string;
  /** The comment in the line above, such as `output` or `not run: a page`; empty if there is none. */
  note: string;
}

/** Languages that tests run or check, and languages that they do not. All others are refused. */
export const checkedLanguages = ['ts', 'js', 'sh', 'python'];
export const shownLanguages = ['text', 'json', 'latex', 'html', 'jsx'];

/** The fenced blocks of a Markdown file, in order. Throws when a fence is not closed. */
export function blocksOf(readme: string): Block[] {
  const lines = readFileSync(join(root, readme), 'utf8').split('\n');
  const blocks: Block[] = [];
  let open: { block: Block; body: string[] } | undefined;
  lines.forEach((line, index) => {
    const fence = line.match(/^\s*```(.*)$/);
    if (open && fence) {
      blocks.push({ ...open.block, text: open.body.join('\n') });
      open = undefined;
    } else if (open) {
      open.body.push(line);
    } else if (fence) {
      const note = lines[index - 1]?.match(/^<!-- (.*) -->$/)?.[1] ?? '';
      open = { block: { readme, line: index + 1, language: fence[1]!.trim(), text: '', note }, body: [] };
    }
  });
  if (open) throw new Error(`${readme}:${open.block.line}: the fence is not closed`);
  return blocks;
}

/** `packages/core/README.md:12`, and the name of a file for the block. */
export const placeOf = ({ readme, line }: Block): string => `${readme}:${line}`;
export const fileNameOf = ({ readme, line }: Block): string =>
  `${readme.replace(/\.md$/, '').replace(/\W+/g, '-').toLowerCase()}-line-${line}`;

/** True for a block that declares tests and therefore runs under Vitest. */
export const isTestFile = ({ text }: Block): boolean =>
  /from '(vitest|@sluice\/layers\/testing)'|^test(Backend|Layers)\(/m.test(text);

/** The values that comments behind `console.log` promise, up to a colon: `true`, `[ 1, 5 ]: a shape`. Other comments explain. */
export const promisesOf = ({ text }: Block): string[] =>
  [...text.matchAll(/^console\.log\(.*\); \/\/ (.+)$/gm)]
    .map((match) => match[1]!.replace(/: .*/, ''))
    .filter((value) => /^((true|false|undefined|-?\d[\d.e-]*|\[[^\]]*\])( |$))+$/.test(value));

/** The promised values that the lines of an output do not have, in this order. Spaces do not count. */
export function missingFrom(output: string, promises: readonly string[]): string[] {
  const lines = output.split('\n').map((line) => line.replace(/\s/g, ''));
  let next = 0;
  return promises.filter((promise) => {
    const found = lines.indexOf(promise.replace(/\s/g, ''), next);
    if (found >= 0) next = found + 1;
    return found < 0;
  });
}
