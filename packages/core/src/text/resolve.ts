/** What each name of the equations is: the input, a state before the step, another equation, or a parameter. */
import { CellTextError } from './error.js';
import { childrenOf, type EquationTree, keyOf, type Name, type Tree } from './syntax.js';

export type Meaning =
  | { readonly kind: 'input' }
  | { readonly kind: 'previous'; readonly state: string }
  | { readonly kind: 'equation'; readonly equation: number }
  | { readonly kind: 'parameter'; readonly symbol: string; readonly label: string | undefined };

export interface Resolved {
  readonly equations: readonly EquationTree[];
  /** The equations in an order in which each comes after those that it uses. */
  readonly order: readonly number[];
  readonly states: readonly string[];
  /** The key of the equation that is the output; undefined for the first state. */
  readonly output: string | undefined;
  meaningOf(name: Name): Meaning;
}

/** The state that keeps the input of the step before. */
export const PREVIOUS_INPUT = 'xBefore';

/** Symbols whose second letter is a label in plain text: `Wz`, `bz`. */
const CONVENTIONAL = /^([A-Z]|b|v)([\p{L}\p{N}']{1,2})$/u;

/** @throws CellTextError for a name that is defined twice, is missing or depends on itself. */
export function resolveNames(
  source: string,
  equations: readonly EquationTree[],
  given: {
    readonly input?: string | undefined;
    readonly states?: readonly string[] | undefined;
    readonly output?: string | undefined;
  },
): Resolved {
  return new Resolver(source, equations, given).resolve();
}

class Resolver {
  private readonly defined = new Map<string, number>();
  private readonly input: string;
  private readonly meanings = new Map<Name, Meaning>();
  private readonly states = new Set<string>();

  constructor(
    private readonly source: string,
    private readonly equations: readonly EquationTree[],
    private readonly given: Parameters<typeof resolveNames>[2],
  ) {
    equations.forEach(({ left }, i) => {
      const key = keyOf(left);
      const first = this.defined.get(key);
      if (first !== undefined) {
        throw this.error(left, `'${key}' is defined twice. Give one of the equations another name.`);
      }
      this.defined.set(key, i);
    });
    const names = equations.map(({ right }) => namesIn(right));
    const keys = new Set(names.flat().map(keyOf));
    this.input = given.input ?? (!keys.has('x') && keys.has('X') ? 'X' : 'x');
    const defined = this.defined.get(this.input);
    if (defined !== undefined) {
      throw this.error(
        equations[defined].left,
        `'${this.input}' is the input of the cell and cannot be defined. Give another name to it, or to the input: input: u.`,
      );
    }
    this.findMeanings(names);
  }

  resolve(): Resolved {
    const { equations, states } = this;
    for (const state of this.given.states ?? []) states.add(state);
    if (states.size === 0) {
      const { left } = equations[equations.length - 1];
      throw this.error(
        left,
        `no name is used one step earlier, so the cell has no state. Use one, such as ${keyOf(left)}_{t-1}, in plain text ${keyOf(left)}_prev.`,
      );
    }
    const order = this.inOrder();
    return {
      equations: this.equations,
      order,
      states: this.orderedStates(),
      output: this.output(),
      meaningOf: (name) => this.meanings.get(name) as Meaning,
    };
  }

  private error(name: Name, message: string): CellTextError {
    return new CellTextError(this.source, name.start, name.end, message);
  }

  private findMeanings(names: readonly (readonly Name[])[]): void {
    // Without a mark of steps, a name before its own equation is the state before the step.
    const isMarked = names.flat().some((name) => name.time === -1);
    const declared = new Set(this.given.states ?? []);
    names.forEach((used, equation) => {
      for (const name of used) {
        const meaning = this.meaning(name, equation, isMarked);
        this.meanings.set(name, meaning);
        if (meaning.kind !== 'previous') continue;
        if (this.given.states && !declared.has(meaning.state) && meaning.state !== PREVIOUS_INPUT) {
          throw this.error(
            name,
            `'${meaning.state}' is used one step earlier, but is not among the declared states ${this.given.states.join(', ')}.`,
          );
        }
        this.states.add(meaning.state);
      }
    });
  }

  private meaning(name: Name, equation: number, isMarked: boolean): Meaning {
    const key = keyOf(name);
    if (key === this.input) {
      return name.time === -1 ? { kind: 'previous', state: PREVIOUS_INPUT } : { kind: 'input' };
    }
    const defining = this.defined.get(key);
    if (defining === undefined) {
      if (name.time === -1) {
        throw this.error(
          name,
          `'${key}' is used one step earlier, but no equation defines it. Add one: ${key}_t = …`,
        );
      }
      return { kind: 'parameter', ...symbolAndLabel(name) };
    }
    const isBefore = !isMarked && name.time === undefined && defining >= equation;
    if (name.time === -1 || isBefore) return { kind: 'previous', state: key };
    return { kind: 'equation', equation: defining };
  }

  /** The equations, each behind those that it uses. */
  private inOrder(): number[] {
    const uses = this.equations.map(({ right }) =>
      namesIn(right).map((name) => ({ name, meaning: this.meanings.get(name) })),
    );
    const state = new Map<number, 'open' | 'done'>();
    const order: number[] = [];
    for (let first = 0; first < uses.length; first++) {
      const waiting = state.has(first) ? [] : [{ equation: first, next: 0 }];
      for (let top = waiting.at(-1); top; top = waiting.at(-1)) {
        state.set(top.equation, 'open');
        const use = uses[top.equation][top.next++];
        if (use === undefined) {
          state.set(top.equation, 'done');
          order.push(top.equation);
          waiting.pop();
        } else if (use.meaning?.kind === 'equation') {
          const { equation } = use.meaning;
          if (state.get(equation) === 'open') {
            throw this.error(
              use.name,
              `'${keyOf(use.name)}' depends on itself within a step. Write the value of the step before as ${keyOf(use.name)}_{t-1}.`,
            );
          }
          if (!state.has(equation)) waiting.push({ equation, next: 0 });
        }
      }
    }
    return order;
  }

  /** The declared order, else `h` first, then in the order of use. */
  private orderedStates(): string[] {
    const { states, given } = this;
    if (given.states) {
      for (const name of given.states) {
        if (this.defined.has(name)) continue;
        throw this.error(
          this.equations[0].left,
          `the declared state '${name}' has no equation. Add one: ${name} = …`,
        );
      }
      return [...given.states, ...(states.has(PREVIOUS_INPUT) ? [PREVIOUS_INPUT] : [])];
    }
    const rank = (state: string) => (state === PREVIOUS_INPUT ? 2 : state === 'h' || state === 'H' ? 0 : 1);
    return [...states].sort((a, b) => rank(a) - rank(b));
  }

  private output(): string | undefined {
    const { given, defined, states } = this;
    if (given.output !== undefined) {
      if (defined.has(given.output)) return given.output;
      throw this.error(
        this.equations[0].left,
        `the declared output '${given.output}' has no equation. Defined: ${[...defined.keys()].slice(0, 20).join(', ')}.`,
      );
    }
    if (defined.has('output')) return 'output';
    const used = new Set(
      [...this.meanings.values()].map((meaning) => (meaning.kind === 'equation' ? meaning.equation : -1)),
    );
    // As in SRU: h is computed from the state, and is no state.
    return ['h', 'H'].find(
      (name) => defined.has(name) && !states.has(name) && !used.has(defined.get(name) as number),
    );
  }
}

/** All names in a tree, from left to right. */
function namesIn(tree: Tree): Name[] {
  const names: Name[] = [];
  const waiting: Tree[] = [tree];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    if (next.kind === 'name') names.push(next);
    waiting.push(...[...childrenOf(next)].reverse());
  }
  return names;
}

/** A parameter's symbol and label: primes belong to the label, as in `b'_z`. */
export function symbolAndLabel({ base, labels, time }: Name): { symbol: string; label: string | undefined } {
  const [, letters, primes] = /^(.*?)('*)$/su.exec(base) as RegExpExecArray;
  const all = [...labels, ...(time === 0 ? ['t'] : [])].join(',');
  const split = all === '' && primes === '' ? CONVENTIONAL.exec(letters) : null;
  if (split) return { symbol: split[1], label: split[2] };
  const label = all + primes;
  return { symbol: letters || base, label: label === '' ? undefined : label };
}
