import type { Look } from '../protocol.js';
import { byId, element, table } from './elements.js';
import { heatMap, lineChart } from './pictures.js';

/** Words for the values that cells of the literature have. */
const MEANINGS: Readonly<Record<string, string>> = {
  z: 'the update gate: where it is bright, the unit changes its state',
  r: 'the reset gate: where it is dark, the candidate forgets the state',
  f: 'the forget gate: where it is bright, the unit keeps its state',
  i: 'the input gate: where it is bright, the unit takes the candidate in',
  o: 'the output gate: where it is dark, the unit hides its state',
  h: 'the state: what the next step and the answer read',
  c: 'the cell state: the long memory',
};

/** Shows what a sequence does in each cell. */
export function showLooks(looks: readonly Look[]): void {
  byId('looks', HTMLElement).replaceChildren(...looks.map(cardOf));
  showGradients(looks);
}

function cardOf({ name, steps, values, answer, probabilities }: Look): HTMLElement {
  const picture = element('div');
  const words = element('p');
  const numbers = element('div');
  const list = element(
    'select',
    {},
    ...values.map((value, i) => element('option', { value: String(i) }, value.name)),
  );
  const draw = () => {
    const value = values[Number(list.value)];
    const all = value.rows.flat();
    const isGate = all.every((number) => number >= 0 && number <= 1);
    const most = Math.max(...all.map(Math.abs), 1e-6);
    const range = isGate ? ([0, 1] as const) : ([-most, most] as const);
    const [low, high] = range.map(shown);
    const label = `${value.name} of ${name} over ${steps.length} steps, from ${low} to ${high}`;
    picture.replaceChildren(heatMap(label, steps, value.rows, range));
    words.textContent =
      `Each column is a step, each row a unit; dark is ${low}, bright is ${high}. ` +
      (MEANINGS[value.name] ? `${value.name} is ${MEANINGS[value.name]}.` : '');
    const head = ['Unit', ...steps];
    const rows = value.rows[0].map((_, unit) => [
      `${unit + 1}`,
      ...value.rows.map((row) => shown(row[unit])),
    ]);
    numbers.replaceChildren(table([head, ...rows]));
  };
  list.addEventListener('change', draw);
  draw();
  const best = [...probabilities].sort((a, b) => b.probability - a.probability).slice(0, 3);
  const odds = best
    .map(({ label, probability }) => `${label} ${(100 * probability).toFixed(0)} %`)
    .join(', ');
  return element(
    'article',
    {},
    element('h3', {}, `${name}: ${answer}`),
    element('p', {}, odds),
    element('label', {}, `Values of ${name}`, list),
    picture,
    words,
    element('details', {}, element('summary', {}, `Numbers of ${name} as a table`), numbers),
  );
}

function showGradients(looks: readonly Look[]): void {
  const series = looks.flatMap(({ name, gradients }) =>
    gradients.map((state) => ({
      name: gradients.length > 1 ? `${name}, ${state.name}` : name,
      values: state.norms,
    })),
  );
  byId('gradients', HTMLElement).hidden = series.length === 0;
  const words = series.map(({ name, values }) => `${name}: ${ratioOf(values)}`);
  byId('gradient-chart', HTMLElement).replaceChildren(
    lineChart(`Norms of gradients by step. ${words.join('; ')}`, { x: 'step', y: 'norm' }, series, true),
  );
  byId('gradient-legend', HTMLElement).replaceChildren(
    element(
      'ul',
      { class: 'legend' },
      ...words.map((text, i) =>
        element('li', {}, element('span', { class: `key series-${i}`, 'aria-hidden': 'true' }), text),
      ),
    ),
  );
  const steps = looks[0]?.steps ?? [];
  const rows = steps.map((step, t) => [step, ...series.map(({ values }) => shown(values[t]))]);
  byId('gradient-table', HTMLElement).replaceChildren(
    table([['Step', ...series.map(({ name }) => name)], ...rows]),
  );
}

/** How the gradient at the first step compares with that at the last. */
function ratioOf(norms: readonly number[]): string {
  const [first, last] = [norms[0], norms[norms.length - 1]];
  if (!norms.every(Number.isFinite)) return 'the gradient explodes: it is too large for a number';
  if (last === 0) return 'the answer does not depend on the state';
  return `the state after the first step matters ${shown(first / last)} times as much as that after the last`;
}

/** A number for readers: two digits behind the point, or a power of ten where that would hide it. */
function shown(number: number): string {
  if (Number.isNaN(number)) return 'no number';
  if (!Number.isFinite(number)) return 'too large';
  const size = Math.abs(number);
  return size !== 0 && (size < 0.01 || size >= 1000) ? number.toExponential(1) : number.toFixed(2);
}
