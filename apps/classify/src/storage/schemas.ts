import * as v from 'valibot';
import { reasonAgainst } from '../data/example.js';
import { InputError } from '../failure.js';
import { cellNames, ownCellName, type Settings } from '../model/settings.js';

/*
 * The valid contents of a run's files. A checksum finds damaged files, but not files that were edited and got a new
 * checksum.
 */

const count = (least: number) => v.pipe(v.number(), v.safeInteger(), v.minValue(least));
const positive = v.pipe(v.number(), v.finite(), v.gtValue(0));
const part = v.pipe(v.number(), v.minValue(0), v.ltValue(1));

const settings: v.GenericSchema<unknown, Settings> = v.object({
  cell: v.picklist([...cellNames, ownCellName]),
  // Files of earlier versions have none.
  equations: v.optional(v.nullable(v.object({ text: v.string(), latex: v.boolean() })), null),
  layers: count(1),
  units: count(1),
  embedding: count(1),
  vocabulary: count(3),
  length: count(1),
  unit: v.picklist(['word', 'character']),
  epochs: count(1),
  batch: count(1),
  learningRate: positive,
  clipNorm: v.nullable(positive),
  dropout: part,
  bidirectional: v.boolean(),
  backend: v.nullable(v.string()),
  seed: count(0),
  validation: part,
});

const distinct = (list: string[]) => new Set(list).size === list.length;

/** The classes, in the order of their numbers. */
const classes = v.pipe(
  v.array(
    v.pipe(
      v.string(),
      v.check((label) => reasonAgainst(label, 'text') === undefined, 'a label that no data could have'),
    ),
  ),
  v.minLength(2),
  v.check(distinct, 'a class is there twice'),
);

/** The tokens, in the order of their numbers. */
const tokens = v.pipe(v.array(v.pipe(v.string(), v.nonEmpty())), v.check(distinct, 'a token is there twice'));

const shape = v.array(count(0));

/** model.json of any version */
export const versionedSchema = v.object({ userDefinedMetadata: v.object({ version: v.number() }) });

/** model.json */
export const modelSchema = v.object({
  modelTopology: v.record(v.string(), v.unknown()),
  weightsManifest: v.strictTuple([
    v.object({
      paths: v.strictTuple([v.pipe(v.string(), v.regex(/^weights-[0-9a-f]{12}\.bin$/))]),
      weights: v.array(v.object({ name: v.string(), shape, dtype: v.literal('float32') })),
    }),
  ]),
  userDefinedMetadata: v.object({
    epoch: count(1),
    checksums: v.array(v.strictTuple([v.string(), v.string()])),
  }),
});

/** settings.json */
export const settingsSchema = v.object({ version: v.number(), settings, classes });

/** vocabulary.json */
export const vocabularySchema = v.object({ version: v.number(), tokens });

const accuracy = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
const measured = v.pipe(v.number(), v.finite());

/** The content of a checkpoint without its arrays. */
export const checkpointSchema = v.object({
  settings,
  data: v.object({
    data: v.nullable(v.string()),
    test: v.nullable(v.string()),
    columns: v.object({ label: v.string(), text: v.string() }),
    skipBad: v.boolean(),
  }),
  fingerprint: v.string(),
  classes,
  tokens,
  history: v.pipe(
    v.array(
      v.object({
        epoch: count(1),
        loss: measured,
        accuracy,
        validationLoss: v.nullable(measured),
        validationAccuracy: v.nullable(accuracy),
        seconds: measured,
        examplesPerSecond: measured,
      }),
    ),
    v.check((list) => list.every(({ epoch }, index) => epoch === index + 1), 'epochs out of order'),
  ),
});

/** The header of a checkpoint's file, of any version. */
export const versionSchema = v.object({ version: v.number() });

/** The header of a checkpoint's file. */
export const checkpointHeaderSchema = v.object({
  content: v.unknown(),
  arrays: v.array(
    v.object({ group: v.string(), name: v.string(), shape, type: v.picklist(['float32', 'int32']) }),
  ),
});

/**
 * A value from a file, checked against a schema.
 *
 * @throws InputError with the file, the place in it and the expected value.
 */
export function checked<Output>(
  path: string,
  value: unknown,
  schema: v.GenericSchema<unknown, Output>,
): Output {
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw notOurs(path, `${v.getDotPath(issue) ?? 'its content'}: ${issue.message.slice(0, 200)}`);
}

/** The error for a file with a right checksum whose content this program never writes. */
export function notOurs(path: string, reason: string): InputError {
  return new InputError(
    `${path}: not as this program writes it: ${reason}. It was edited and given a new checksum; copy an intact one, or train again.`,
  );
}

/** @throws InputError when the text is no JSON. */
export function jsonIn(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw notOurs(path, error instanceof Error ? error.message : String(error));
  }
}
