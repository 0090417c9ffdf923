import { readFileSync } from 'node:fs';

/** An array of a fixture file. `packages/conformance/fixtures` describes the format. */
export interface FixtureTensor {
  shape: number[];
  data: number[];
}

export interface FixtureCall {
  x: FixtureTensor;
  mask?: FixtureTensor;
  initialStates?: FixtureTensor[];
  recurrentMasks?: FixtureTensor[];
  outputs: FixtureTensor[];
  cotangents?: FixtureTensor[];
  gradients?: { x?: FixtureTensor; initialStates?: FixtureTensor[]; weights: Record<string, FixtureTensor> };
  labels?: FixtureTensor;
  loss?: number;
}

export interface FixtureCase {
  name: string;
  layer: string;
  config: Record<string, unknown>;
  inner?: { layer: string; config: Record<string, unknown> };
  weights: Record<string, FixtureTensor>;
  calls: FixtureCall[];
}

/** Reads the cases of one of Keras's fixture files. */
export function readKerasCases(name: string): FixtureCase[] {
  const file = new URL(`../../conformance/fixtures/keras-${name}.json`, import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { cases: FixtureCase[] }).cases;
}

const ACTIVATIONS: Record<string, string> = { hard_sigmoid: 'hardSigmoidSixth', exponential: 'exp' };
const ACTIVATION_KEYS = ['activation', 'recurrent_activation'];
const camelCase = (name: string) => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

/** Keras's arguments with the names of this package. */
export function toArguments(config: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [
      camelCase(key),
      ACTIVATION_KEYS.includes(key) ? (ACTIVATIONS[value as string] ?? value) : value,
    ]),
  );
}
