// Names of countries, languages and currencies in four languages. The data is part of Node's Intl: nothing is downloaded.

export const languages = ['de', 'es', 'fi', 'tr'];

const letters = [...'abcdefghijklmnopqrstuvwxyz'];
const pairs = letters.flatMap((first) => letters.map((second) => first + second));
const triples = pairs.flatMap((pair) => letters.map((third) => pair + third));
const codes = {
  region: pairs.map((pair) => pair.toUpperCase()),
  language: [...pairs, ...triples],
  currency: Intl.supportedValuesOf('currency'),
};

/**
 * Each name with the number of its language. Names that several languages share, such as "Angola", and short ones are left out.
 *
 * @param {() => number} random numbers in [0, 1); they decide on the order
 * @returns {{ text: string, label: number }[]}
 */
export function readNames(random) {
  const found = new Map();
  for (const [label, language] of languages.entries()) {
    for (const [type, list] of Object.entries(codes)) {
      const names = new Intl.DisplayNames([language], { type, fallback: 'none' });
      for (const text of list.map((code) => names.of(code)).filter(Boolean)) {
        found.set(text, (found.get(text) ?? new Set()).add(label));
      }
    }
  }
  const unique = [...found].filter(([text, labels]) => labels.size === 1 && text.length > 5);
  return unique
    .map(([text, [label]]) => ({ text, label, place: random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ text, label }) => ({ text, label }));
}
