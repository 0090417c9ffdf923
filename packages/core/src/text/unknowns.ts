/** Names that no equation defines: which are matrices and which vectors. */
import { CellTextError } from './error.js';
import type { Resolved } from './resolve.js';
import { childrenOf, keyOf, type Name, type Range, type Sign, type Tree } from './syntax.js';

/** What is declared of a parameter to which a name belongs. */
export interface DeclaredBlock {
  readonly parameter: string;
  readonly form: 'matrix' | 'vector' | undefined;
}

/** A name that no equation defines: a block of a parameter. */
export interface Unknown {
  readonly key: string;
  readonly symbol: string;
  readonly label: string | undefined;
  /** Its first occurrence, and the equation in which it is. */
  readonly name: Name;
  readonly equation: string;
  form: 'matrix' | 'vector' | undefined;
  /** Whether it is a term of a sum. */
  isAdded: boolean;
  readonly declared: DeclaredBlock | undefined;
}

/** The unknown names, by symbol and label. */
export class Unknowns {
  private readonly known = new Map<string, Unknown>();

  constructor(
    private readonly resolved: Resolved,
    private readonly declaredFor: (symbol: string, label: string | undefined) => DeclaredBlock | undefined,
  ) {}

  /** The unknown that a name is. */
  of(name: Name, equation = ''): Unknown {
    const meaning = this.resolved.meaningOf(name);
    if (meaning.kind !== 'parameter') throw new Error(`${keyOf(name)} is not a parameter`);
    const { symbol, label } = meaning;
    const key = label === undefined ? symbol : `${symbol}_${label}`;
    let unknown = this.known.get(key);
    if (unknown === undefined) {
      const declared = this.declaredFor(symbol, label);
      unknown = { key, symbol, label, name, equation, form: declared?.form, isAdded: false, declared };
      this.known.set(key, unknown);
    }
    return unknown;
  }

  /** Whether a tree is an unknown name, or one with ranges. */
  isIn(tree: Tree): boolean {
    const name = tree.kind === 'index' ? tree.tree : tree;
    return name.kind === 'name' && this.resolved.meaningOf(name).kind === 'parameter';
  }

  /** The unknown of a tree that is a name, or a name with ranges. */
  inTree(tree: Tree, equation?: string): { unknown: Unknown; ranges: readonly (Range | null)[] } | undefined {
    if (!this.isIn(tree)) return undefined;
    const name = (tree.kind === 'index' ? tree.tree : tree) as Name;
    return { unknown: this.of(name, equation), ranges: tree.kind === 'index' ? tree.ranges : [] };
  }

  /** The matrix that a tree is. */
  matrixOf(tree: Tree): { matrix: Unknown; ranges: readonly (Range | null)[] } | undefined {
    const found = this.inTree(tree);
    return found?.unknown.form === 'matrix' ? { matrix: found.unknown, ranges: found.ranges } : undefined;
  }

  all(): Unknown[] {
    return [...this.known.values()];
  }
}

/** Names that are functions in papers; `(` behind them does not make them matrices. */
const FUNCTION_LIKE = /^(?:[fgφϕψσρς]|\p{L}{3,}\d?)$/u;

interface Evidence {
  /** It is added, or multiplied number by number. */
  row?: Name;
  /** It stands before or behind a row. */
  matrix?: Name;
  /** It is multiplied by `*`, which papers and code use for both. */
  star?: Name;
  /** It is the last of names that are all unknown. */
  operand?: Name;
}

/** Symbols that are vectors also where they stand before a row. */
const VECTOR_SYMBOLS = ['b', 'v'];

/**
 * Finds which unknown names are matrices: those that multiply a row. The others are vectors.
 * @throws CellTextError for a name that is used as both, or that cannot be told.
 */
export function findForms(source: string, { equations }: Resolved, unknowns: Unknowns): void {
  const found = new Map<Unknown, Evidence>();
  const fail = (name: Name, message: string) => new CellTextError(source, name.start, name.end, message);

  const note = (tree: Tree, kind: keyof Evidence, equation: string, isTerm = false) => {
    const name = tree.kind === 'index' ? tree.tree : tree;
    const unknown = unknowns.inTree(tree, equation)?.unknown;
    if (!unknown || name.kind !== 'name') return;
    if (name.applied && unknown.form === undefined && FUNCTION_LIKE.test(unknown.symbol)) {
      throw fail(
        name,
        `unknown function '${keyOf(name)}'. Say what it is with a line such as 'functions: ${keyOf(name)} = tanh', or with a sign: ${keyOf(name)} * (…).`,
      );
    }
    const evidence = found.get(unknown) ?? {};
    found.set(unknown, evidence);
    evidence[kind] ??= name;
    if (isTerm) unknown.isAdded = true;
  };

  const isUnknown = (tree: Tree): boolean => unknowns.isIn(tree);

  const visitProduct = (factors: readonly { sign: Sign; tree: Tree }[], equation: string) => {
    const hasRow = factors.some(({ tree }) => tree.kind !== 'number' && !isUnknown(tree));
    const isElementwise = (sign: Sign) => sign === '⊙' || sign === '/';
    factors.forEach(({ sign, tree }, i) => {
      const isLast = i === factors.length - 1;
      const joint = isLast ? sign : factors[i + 1].sign;
      const isScaled = isLast && factors[i - 1]?.tree.kind === 'number';
      if (isElementwise(joint) && (i === 0 || isLast || isElementwise(sign))) note(tree, 'row', equation);
      else if (isScaled) note(tree, 'row', equation);
      else if (isLast && !hasRow) note(tree, 'operand', equation);
      else note(tree, joint === '*' ? 'star' : 'matrix', equation);
    });
  };

  for (const { left, right } of equations) {
    const equation = keyOf(left);
    note(right, 'row', equation);
    const waiting: Tree[] = [right];
    for (let tree = waiting.pop(); tree; tree = waiting.pop()) {
      if (tree.kind === 'product') visitProduct(tree.factors, equation);
      else if (tree.kind !== 'index') {
        const isTerm = tree.kind === 'sum' && tree.terms.length > 1;
        for (const child of childrenOf(tree)) note(child, 'row', equation, isTerm);
      }
      waiting.push(...[...childrenOf(tree)].reverse());
    }
  }

  for (const [unknown, { row, matrix, star, operand }] of found) {
    if (unknown.form !== undefined) continue;
    const { symbol, key } = unknown;
    const isCapital = /^\p{Lu}/u.test(symbol);
    if (row && matrix && isCapital) {
      const line = source.slice(0, matrix.start).split('\n').length;
      throw fail(row, `'${key}' is a row here, but a matrix in line ${line}. Give one of them another name.`);
    }
    if (operand && !row && !matrix && !star) {
      throw fail(
        operand,
        `no equation defines '${key}', which is multiplied like a row. The input is called x; another name is declared by 'input: ${key}'.`,
      );
    }
    const isMatrix = (matrix && !VECTOR_SYMBOLS.includes(symbol)) || (star && isCapital);
    unknown.form = !row && isMatrix ? 'matrix' : 'vector';
  }
}
