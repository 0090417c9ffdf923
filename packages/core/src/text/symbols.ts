/** The signs of papers: LaTeX's commands, and characters of Unicode. */
import type { Comparison, Sign } from './syntax.js';

export const TIMES: Readonly<Record<string, Sign>> = {
  '⊙': '⊙',
  '∘': '⊙',
  '⊗': '⊙',
  '·': '·',
  '⋅': '·',
  '∙': '·',
  '×': '·',
  '*': '*',
  '∗': '*',
  '@': '·',
  '/': '/',
  '÷': '/',
};

/** LaTeX's commands for multiplication and division. */
export const TIMES_COMMANDS: Readonly<Record<string, Sign>> = {
  odot: '⊙',
  circ: '⊙',
  otimes: '⊙',
  bullet: '⊙',
  cdot: '·',
  cdotp: '·',
  times: '·',
  ast: '*',
  star: '*',
  div: '/',
};

export const COMPARISONS: Readonly<Record<string, Comparison>> = {
  '>': '>',
  '>=': '≥',
  '<': '<',
  '<=': '≤',
  '≥': '≥',
  '≤': '≤',
};

export const COMPARISON_COMMANDS: Readonly<Record<string, Comparison>> = {
  gt: '>',
  lt: '<',
  ge: '≥',
  geq: '≥',
  geqslant: '≥',
  le: '≤',
  leq: '≤',
  leqslant: '≤',
};

/** Commands that are brackets, signs or spaces. */
export const SIGN_COMMANDS: Readonly<
  Record<string, '(' | ')' | '[' | ']' | '|' | ';' | '=' | 'row' | 'break'>
> = {
  '(': 'break',
  ')': 'break',
  '[': 'break',
  ']': 'break',
  '{': '(',
  '}': ')',
  lbrace: '(',
  rbrace: ')',
  lbrack: '[',
  rbrack: ']',
  lvert: '|',
  rvert: '|',
  vert: '|',
  '|': ';',
  Vert: ';',
  parallel: ';',
  mid: ';',
  coloneqq: '=',
  equiv: '=',
  gets: '=',
  leftarrow: '=',
  '\\': 'row',
  newline: 'row',
  cr: 'row',
};

/** Commands without a meaning for the numbers: spaces, sizes of brackets, numbers of equations. */
export const SKIPPED_COMMANDS: ReadonlySet<string> = new Set(
  (
    ', ; : ! > left right middle big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr Biggl Biggr quad qquad enspace thinspace ' +
    'medspace thickspace negthinspace displaystyle textstyle scriptstyle limits nolimits nonumber notag noindent bf rm it ' +
    'boldmath mathstrut strut allowbreak'
  ).split(' '),
);

/** Commands that are left out together with their argument. */
export const SKIPPED_ARGUMENTS: ReadonlySet<string> = new Set(
  'label tag hspace vspace phantom hphantom vphantom color intertext shortintertext'.split(' '),
);

/** Commands for the style of letters. */
export const STYLES: ReadonlySet<string> = new Set(
  (
    'mathrm mathbf mathit mathsf mathtt mathcal mathbb mathfrak mathscr boldsymbol bm pmb operatorname mathop text textrm textbf ' +
    'textit textsf texttt textnormal mbox hbox mathnormal mathord ensuremath'
  ).split(' '),
);

/** Environments of LaTeX around equations. */
export const ENVIRONMENTS: ReadonlySet<string> = new Set(
  (
    'align aligned alignat alignedat flalign equation gather gathered split multline eqnarray array math displaymath document ' +
    'subequations dmath IEEEeqnarray'
  ).split(' '),
);

/** Environments that put rows one behind the other. */
export const MATRICES: ReadonlySet<string> = new Set(
  'matrix bmatrix pmatrix Bmatrix smallmatrix bsmallmatrix psmallmatrix'.split(' '),
);

/** Words between equations. */
export const WORDS: ReadonlySet<string> = new Set(
  'where and with for then here if otherwise else such that let given by so we have'.split(' '),
);

/** Unicode's lower and upper characters as what they stand for. */
export const SCRIPT_CHARACTERS: Readonly<Record<string, string>> = Object.fromEntries(
  '₀0 ₁1 ₂2 ₃3 ₄4 ₅5 ₆6 ₇7 ₈8 ₉9 ₋- ⁻- ₊+ ₜt ₐa ₑe ₕh ᵢi ⱼj ₖk ₗl ₘm ₙn ₒo ₚp ᵣr ₛs ᵤu ᵥv ₓx ⁰0 ¹1 ²2 ³3 ᵗt'
    .split(' ')
    .map((pair) => [...pair]),
);
