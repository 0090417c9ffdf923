import { InvalidArgumentError } from 'commander';

/** A parser of comma-separated names: the choices, or every name that `isKnown` accepts. */
export function listOf(choices: readonly string[], isKnown = (name: string) => choices.includes(name)) {
  return (value: string): string[] => {
    const names = value
      .split(',')
      .map((name) => name.trim())
      .filter(Boolean);
    const unknown = names.filter((name) => !isKnown(name));
    if (names.length === 0 || unknown.length > 0) {
      const given = unknown.length > 0 ? `There is no ${unknown.join(', ')}.` : 'No name is given.';
      throw new InvalidArgumentError(`${given} Choose from ${choices.join(', ')}, separated by commas.`);
    }
    return [...new Set(names)];
  };
}
