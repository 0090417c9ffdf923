/** Greek letters and marks above letters, by their commands in LaTeX. */

/** Of two commands for a letter, the first one is printed. */
export const GREEK: Readonly<Record<string, string>> = Object.fromEntries(
  (
    'alpha α, beta β, gamma γ, delta δ, varepsilon ε, epsilon ϵ, zeta ζ, eta η, theta θ, vartheta ϑ, iota ι, kappa κ, lambda λ, ' +
    'mu μ, nu ν, xi ξ, pi π, rho ρ, varrho ϱ, sigma σ, varsigma ς, tau τ, upsilon υ, varphi φ, phi ϕ, chi χ, psi ψ, omega ω, ' +
    'Gamma Γ, Delta Δ, Theta Θ, Lambda Λ, Xi Ξ, Pi Π, Sigma Σ, Upsilon Υ, Phi Φ, Psi Ψ, Omega Ω, ell ℓ'
  )
    .split(', ')
    .map((pair) => pair.split(' ')),
);

/** Marks as combining characters. */
export const ACCENTS: Readonly<Record<string, string>> = {
  tilde: '\u0303',
  widetilde: '\u0303',
  hat: '\u0302',
  widehat: '\u0302',
  bar: '\u0304',
  overline: '\u0304',
  dot: '\u0307',
  ddot: '\u0308',
  check: '\u030c',
  breve: '\u0306',
  vec: '\u20d7',
  underline: '\u0332',
};

const commandOf = (table: Readonly<Record<string, string>>, character: string): string | undefined =>
  Object.keys(table).find((command) => table[command] === character);

/** A letter, also a Greek one or one with a mark, in LaTeX; undefined for another text. */
export function texLetter(text: string): string | undefined {
  const [letter, mark, ...others] = text.normalize('NFD');
  if (letter === undefined || others.length > 0) return undefined;
  const greek = commandOf(GREEK, letter);
  const written = greek === undefined ? letter : `\\${greek}`;
  if (mark === undefined) return written;
  const accent = commandOf(ACCENTS, mark);
  return accent && `\\${accent}{${written}}`;
}
