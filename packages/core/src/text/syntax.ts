/** The parts of equations as text: tokens, and the trees that the parser makes of them. */

/** The place of something in the text. */
export interface Place {
  readonly start: number;
  readonly end: number;
}

/** The step of which a name is: this one, the one before, or not said. */
export type Time = 0 | -1 | undefined;

/** What `_` or `^` says of a name. */
export interface Script {
  readonly labels: readonly string[];
  readonly time: Time;
  /** `^2` */
  readonly power?: number;
}

export type Sign = '⊙' | '·' | '*' | '/' | '';

export type Token = Place &
  (
    | {
        readonly kind: 'name';
        readonly base: string;
        readonly labels: readonly string[];
        readonly time: Time;
      }
    | { readonly kind: 'number'; readonly value: number }
    | { readonly kind: 'script'; readonly script: Script }
    /** A mark above the name that follows, as a combining character. */
    | { readonly kind: 'accent'; readonly mark: string }
    | { readonly kind: 'times'; readonly sign: Sign }
    | { readonly kind: 'compare'; readonly sign: Comparison }
    /** `\text{…}` with words of a sentence. */
    | { readonly kind: 'words'; readonly text: string }
    /** `break` ends an equation; `row` does, or ends a row of cases or of a matrix. */
    | {
        readonly kind:
          | '+'
          | '-'
          | '='
          | '('
          | ')'
          | '['
          | ']'
          | '{'
          | '}'
          | '|'
          | ','
          | ';'
          | ':'
          | '.'
          | '&'
          | 'row'
          | 'break'
          | 'fraction'
          | 'root'
          | 'power of e'
          | 'cases'
          | 'matrix'
          | 'end';
      }
  );

export type Comparison = '>' | '≥' | '<' | '≤';

export interface Name extends Place {
  readonly kind: 'name';
  readonly base: string;
  readonly labels: readonly string[];
  readonly time: Time;
  /** Whether a bracket follows at once, as behind the name of a function. */
  readonly applied: boolean;
}

export type Range = readonly [start: number, end: number];

export type Tree =
  | Name
  | (Place & { readonly kind: 'number'; readonly value: number })
  | (Place & {
      readonly kind: 'sum';
      readonly terms: readonly { readonly minus: boolean; readonly tree: Tree }[];
    })
  /** The sign of a factor stands before it. */
  | (Place & {
      readonly kind: 'product';
      readonly factors: readonly { readonly sign: Sign; readonly tree: Tree }[];
    })
  | (Place & {
      readonly kind: 'call';
      readonly word: string;
      readonly parts: number | undefined;
      readonly operands: readonly Tree[];
    })
  | (Place & { readonly kind: 'list'; readonly items: readonly Tree[] })
  | (Place & {
      readonly kind: 'compare';
      readonly sign: Comparison;
      readonly left: Tree;
      readonly right: Tree;
    })
  | (Place & { readonly kind: 'index'; readonly tree: Tree; readonly ranges: readonly (Range | null)[] });

/** One equation: the name on its left side, and its right side. */
export interface EquationTree {
  readonly left: Name;
  readonly right: Tree;
}

/** A name without its time, by which equations refer to each other: `h`, `h̃`, `h_1`. */
export const keyOf = ({ base, labels }: Pick<Name, 'base' | 'labels'>): string =>
  labels.length === 0 ? base : `${base}_${labels.join(',')}`;

/** The trees directly inside a tree. */
export function childrenOf(tree: Tree): readonly Tree[] {
  switch (tree.kind) {
    case 'name':
    case 'number':
      return [];
    case 'sum':
      return tree.terms.map((term) => term.tree);
    case 'product':
      return tree.factors.map((factor) => factor.tree);
    case 'call':
      return tree.operands;
    case 'list':
      return tree.items;
    case 'compare':
      return [tree.left, tree.right];
    case 'index':
      return [tree.tree];
  }
}
