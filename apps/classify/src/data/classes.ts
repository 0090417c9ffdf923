import { createHash } from 'node:crypto';
import { InputError } from '../failure.js';
import type { Example, RowProblems } from './example.js';

/**
 * The classes of the training data: numbers in numerical order, other labels in code-unit order. A class's
 * position is its number in the model.
 *
 * @throws InputError when there is only one class, or fewer than two examples a class on average.
 */
export function classesOf(examples: readonly Example[], source: string): string[] {
  const labels = [...new Set(examples.map(({ label }) => label))];
  const first = examples[0];
  const last = examples[examples.length - 1];
  if (labels.length < 2) {
    const where = first.line === undefined ? source : `${source}, lines ${first.line} to ${last.line}`;
    const all = examples.length === 1 ? 'the only example has' : `all ${examples.length} examples have`;
    throw new InputError(
      `${where}: ${all} the one label "${labels[0]}". At least two classes are needed to learn from.`,
    );
  }
  if (labels.length * 2 > examples.length) {
    throw new InputError(
      `${source}: ${labels.length} different labels in ${examples.length} examples, ` +
        'at least two examples a class are needed. Is the label where it is expected?',
    );
  }
  const numerical = labels.every((label) => /^-?\d{1,15}$/.test(label));
  return numerical
    ? labels.sort((a, b) => Number(a) - Number(b) || (a < b ? -1 : 1))
    : labels.sort((a, b) => (a < b ? -1 : 1));
}

/**
 * The examples whose label the model knows.
 *
 * @throws InputError at the first unknown label, unless bad rows are skipped, and when no example is left.
 */
export function withKnownLabels(
  examples: readonly Example[],
  classes: readonly string[],
  source: string,
  problems: RowProblems,
): Example[] {
  const known = new Set(classes);
  const shown = classes.length > 12 ? `${classes.slice(0, 12).join(', ')}, …` : classes.join(', ');
  const kept = examples.filter(({ label, line }) => {
    if (known.has(label)) return true;
    problems.found(source, line, `the label "${label}" does not occur in the training data (${shown})`);
    return false;
  });
  if (kept.length === 0)
    throw new InputError(`${source}: no example has a label of the training data (${shown}).`);
  return kept;
}

/** A checksum over labels and texts in their order. A resumed run compares it with that of its checkpoint. */
export function fingerprint(examples: readonly Example[]): string {
  const hash = createHash('sha256');
  for (const { label, text } of examples) hash.update(`${label.length} ${label} ${text.length} ${text}`);
  return hash.digest('hex');
}
