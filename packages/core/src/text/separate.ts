/** The tokens of a text, equation by equation. */
import { keyOf, type Token } from './syntax.js';

const OPENING = new Set(['(', '[', '{', 'cases', 'matrix']);
const CLOSING = new Set([')', ']', '}', 'end']);
const SEPARATORS = new Set(['break', 'row', 'words', ',', ';', '.']);
/** What stands between two lines of one equation. */
const CONTINUING = new Set(['+', '-', 'times', '=', 'compare', ',', ';']);

/** The tokens of each equation. */
export function separate(tokens: readonly Token[]): Token[][] {
  const parts: Token[][] = [];
  let part: Token[] = [];
  let depth = 0;
  const finish = () => {
    while (part.at(-1)?.kind === '&') part.pop();
    if (part.some(({ kind }) => kind !== '&')) parts.push(part);
    part = [];
  };
  tokens.forEach((token, i) => {
    if (OPENING.has(token.kind)) depth++;
    if (CLOSING.has(token.kind)) depth = Math.max(0, depth - 1);
    if (depth > 0 || !SEPARATORS.has(token.kind)) {
      if (token.kind !== 'break') part.push(token);
      return;
    }
    const isLine = token.kind === 'break' || token.kind === 'row';
    if (isLine && (continues(part.at(-1)) || continues(nextOf(tokens, i)))) return;
    finish();
  });
  finish();
  return parts;
}

const continues = (token: Token | undefined): boolean => token !== undefined && CONTINUING.has(token.kind);

/** The next token behind ends of lines. */
function nextOf(tokens: readonly Token[], i: number): Token | undefined {
  for (let next = i + 1; next < tokens.length && next < i + 50; next++) {
    if (!['break', 'row', '&'].includes(tokens[next].kind)) return tokens[next];
  }
  return undefined;
}

/** The name on the left side, if it is a single one. */
export function leftName(tokens: readonly Token[]): string[] {
  const equals = tokens.findIndex(({ kind }) => kind === '=');
  let base = '';
  const labels: string[] = [];
  for (const token of tokens.slice(0, Math.max(0, Math.min(equals, 12)))) {
    if (token.kind === 'name' && base === '') {
      base = token.base;
      labels.push(...token.labels);
    } else if (token.kind === 'script') labels.push(...token.script.labels);
  }
  return base === '' ? [] : [keyOf({ base, labels })];
}
