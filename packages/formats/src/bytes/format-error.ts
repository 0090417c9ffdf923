/** The error for a file that cannot be read or a model that cannot be written. Its message names the file and the fix. */
export class FormatError extends Error {
  override readonly name = 'FormatError';
}

/** The error for a file whose content contradicts itself, as after an interrupted download. */
export const damaged = (file: string, problem: string): FormatError =>
  new FormatError(`${file}: ${problem}. The file is damaged or incomplete; copy or download it again.`);

/** What to do where weights alone are given and a whole model is needed. */
export const WHOLE_MODEL =
  'Build the model, set its weights by loadWeights of @sluice/layers, and write what toModelFile makes of it. ' +
  'Weights alone can be written as safetensors.';

/** A value as an error message shows it: short, on one line. */
export function describe(value: unknown): string {
  const text = typeof value === 'string' ? `'${value}'` : (JSON.stringify(value) ?? String(value));
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
