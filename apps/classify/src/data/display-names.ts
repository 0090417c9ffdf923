import { InputError } from '../failure.js';
import { deriveSeed, Generator, stream } from '../random/generator.js';
import type { Example } from './example.js';
import { stratifiedSplit } from './split.js';

/** The languages of the embedded data: twelve languages with Latin letters. */
const languages = ['de', 'en', 'es', 'fi', 'fr', 'hu', 'it', 'nl', 'pl', 'pt', 'sv', 'tr'] as const;

/**
 * The embedded data: names, labelled with their language. They are the names of countries, languages, currencies and
 * scripts of `Intl.DisplayNames` (Unicode CLDR, part of every engine). A name that several languages share ("Angola") is
 * left out, so no name is in both parts.
 *
 * @returns training examples, and a sixth of all for testing. The same engine gives the same data.
 * @throws InputError when the engine was built without the data of these languages.
 */
export function displayNames(): { train: Example[]; test: Example[] } {
  const missing = languages.filter(
    (language) => Intl.DisplayNames.supportedLocalesOf([language]).length === 0,
  );
  if (missing.length > 0) {
    throw new InputError(
      `This JavaScript engine does not know the languages ${missing.join(', ')} (built with small ICU data). ` +
        'Use an engine with full data, or bring a file of your own with --data.',
    );
  }
  const languagesOfName = new Map<string, Set<string>>();
  for (const type of ['region', 'language', 'currency', 'script'] as const) {
    const codes = codesOf(type);
    for (const language of languages) {
      const names = new Intl.DisplayNames([language], { type, fallback: 'none' });
      for (const code of codes) {
        const name = names.of(code)?.normalize('NFC');
        if (name === undefined) continue;
        languagesOfName.set(name, (languagesOfName.get(name) ?? new Set()).add(language));
      }
    }
  }
  const examples: Example[] = [];
  for (const [text, [label, ...others]] of languagesOfName) {
    if (others.length === 0) examples.push({ label, text });
  }
  const { held, kept } = stratifiedSplit(examples, 1 / 6, new Generator(deriveSeed(0, stream.split)));
  return { train: kept, test: held };
}

/** All codes of a type that have an English name. `Intl` lists only currencies; all other codes are tried. */
function codesOf(type: 'region' | 'language' | 'currency' | 'script'): string[] {
  if (type === 'currency') return Intl.supportedValuesOf('currency');
  const english = new Intl.DisplayNames(['en'], { type, fallback: 'none' });
  const candidates = {
    region: () => words(2).map((code) => code.toUpperCase()),
    language: () => [...words(2), ...words(3)],
    script: () => words(4).map((code) => code[0].toUpperCase() + code.slice(1)),
  };
  return candidates[type]().filter((code) => english.of(code) !== undefined);
}

/** All words of `length` letters from a to z. */
function words(length: number): string[] {
  if (length === 0) return [''];
  const shorter = words(length - 1);
  return [...'abcdefghijklmnopqrstuvwxyz'].flatMap((letter) => shorter.map((rest) => letter + rest));
}
