import { type Cell, CellTextError, explain, latex, planFor } from '@sluice/core';
import katex from 'katex';
import { cellOf } from '../equations.js';
import type { CellText } from '../protocol.js';
import { catalogue } from './catalogue.js';
import { byId, element, within } from './elements.js';
import { loopText } from './loop-text.js';

const TYPING_MS = 250;

/** An editor of one cell, with the equations typeset beside it, or what is wrong with them. */
export class CellCard {
  readonly root: HTMLElement;
  private readonly name: HTMLInputElement;
  private readonly equations: HTMLTextAreaElement;
  private readonly error: HTMLElement;
  private timer = 0;

  /** @param units the units of the layer, for counts. */
  constructor(
    text: CellText,
    private readonly units: () => number,
    onRemove: (card: CellCard) => void,
    private readonly onChange: () => void,
  ) {
    const template = byId('cell', HTMLTemplateElement).content.cloneNode(true) as DocumentFragment;
    this.root = within(template, '.cell', HTMLElement);
    this.name = within(this.root, '.name', HTMLInputElement);
    this.equations = within(this.root, '.equations', HTMLTextAreaElement);
    this.error = within(this.root, '.error', HTMLElement);
    // They scroll, so the keyboard must reach them.
    for (const place of ['.typeset', '.plan', '.loops']) within(this.root, place, HTMLElement).tabIndex = 0;
    this.show(text);
    const list = within(this.root, '.catalogue', HTMLSelectElement);
    list.append(...catalogue.map(({ name }, i) => element('option', { value: String(i) }, name)));
    list.addEventListener('change', () => {
      if (list.value !== '') this.show(catalogue[Number(list.value)]);
    });
    this.name.addEventListener('input', () => this.label());
    this.equations.addEventListener('input', () => {
      clearTimeout(this.timer);
      this.timer = window.setTimeout(() => this.refresh(), TYPING_MS);
    });
    within(this.root, '.remove', HTMLButtonElement).addEventListener('click', () => onRemove(this));
  }

  get text(): CellText {
    return { name: this.name.value.trim() || 'cell', equations: this.equations.value };
  }

  private show({ name, equations }: CellText): void {
    this.name.value = name;
    this.equations.value = equations;
    this.label();
    this.refresh();
  }

  private label(): void {
    const place = within(this.root, '.typeset', HTMLElement);
    place.setAttribute('aria-label', `The equations of ${this.text.name}, typeset`);
  }

  /** Reads the equations anew. */
  refresh(): void {
    const units = this.units();
    const sizes = { inputSize: units, units };
    try {
      const cell = cellOf(this.text);
      this.typeset(latex(cell, sizes));
      this.describe(cell, sizes);
      this.say('');
    } catch (error) {
      this.say((error as Error).message);
      for (const place of ['.facts', '.plan', '.loops'])
        within(this.root, place, HTMLElement).textContent = '';
      if (error instanceof CellTextError) this.mark(error);
    }
    this.onChange();
  }

  private say(problem: string): void {
    this.error.textContent = problem;
    if (problem === '') this.equations.removeAttribute('aria-invalid');
    else this.equations.setAttribute('aria-invalid', 'true');
  }

  /** Selects the mistake, if the visitor is not writing. */
  private mark({ line, column, length }: CellTextError): void {
    if (document.activeElement === this.equations) return;
    const before = this.equations.value.split('\n').slice(0, line - 1);
    const start = before.reduce((sum, text) => sum + text.length + 1, 0) + column - 1;
    this.equations.setSelectionRange(start, start + length);
  }

  private typeset(equations: string): void {
    const place = within(this.root, '.typeset', HTMLElement);
    katex.render(equations, place, { displayMode: true, throwOnError: false });
  }

  private describe(cell: Cell, sizes: { inputSize: number; units: number }): void {
    const plan = planFor(cell, sizes);
    const { parameters, products } = plan;
    const numbers = parameters.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
    const work = products.reduce((sum, { rows, columns }) => sum + rows * columns, 0);
    within(this.root, '.facts', HTMLElement).textContent =
      `${numbers.toLocaleString('en')} parameters in the cell, ${work.toLocaleString('en')} multiply-adds in matrix products per step ` +
      `(${sizes.inputSize} inputs, ${sizes.units} units).`;
    within(this.root, '.plan', HTMLElement).textContent = explain(cell, sizes);
    within(this.root, '.loops', HTMLElement).textContent = loopText(plan);
  }
}
