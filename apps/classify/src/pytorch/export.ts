import { copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Cell } from '@sluice/core';
import { pythonClassName, toPyTorch } from '@sluice/core/pytorch';
import { encodeSafetensors } from '@sluice/formats/safetensors';
import { Bidirectional, RecurrentLayer } from '@sluice/layers';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { InputError, messageOf } from '../failure.js';
import { outputUnits } from '../model/build.js';
import type { Settings } from '../model/settings.js';
import { writeFileAtomically } from '../storage/atomic-file.js';
import type { NamedArray } from '../storage/checkpoint-file.js';
import { writeModelDescription } from '../storage/model-files.js';
import type { LabelledTexts } from '../text/encoded-texts.js';
import type { PreparedData } from '../training/prepare.js';
import { modelWeights } from '../training/weights.js';

/*
 * The folder for PyTorch:
 *
 *     train.py, model.py, tensors.py   the training script and the classifier
 *     recurrent_1.py, …                each layer's cell, printed from its equations
 *     trainer.json                     the sizes and the names of the cells' classes
 *     settings.json, vocabulary.json   as in the folder of a model
 *     data.safetensors                 the tokens and labels of the texts
 *     weights.safetensors              the weights to start from
 *     checkpoint.pt                    written by train.py: the state to resume from
 *     trained.safetensors              written by train.py: the weights of the best epoch
 */

/** The Python files that are the same for every model. */
const scripts = fileURLToPath(new URL('../../trainer/', import.meta.url));

/**
 * Writes everything that PyTorch needs to train the model.
 *
 * @param model of `buildModel`, with the weights to start from.
 * @throws InputError when a file cannot be written.
 */
export async function exportTrainer(
  folder: string,
  model: LayersModel,
  settings: Settings,
  data: PreparedData,
): Promise<void> {
  try {
    mkdirSync(folder, { recursive: true });
    for (const script of readdirSync(scripts).filter((name) => name.endsWith('.py'))) {
      copyFileSync(join(scripts, script), join(folder, script));
    }
  } catch (error) {
    throw new InputError(`${folder}: cannot be written (${messageOf(error)}).`);
  }
  const write = (name: string, content: string | Uint8Array) =>
    writeFileAtomically(join(folder, name), [content]);
  const cells = recurrentCells(model);
  cells.forEach(({ cell, inputSize }, i) => {
    write(`recurrent_${i + 1}.py`, toPyTorch(cell, { inputSize, units: settings.units }));
  });
  const trainer = {
    version: 1,
    vocabulary: data.vocabulary.size,
    outputs: outputUnits(data.classes.length),
    cells: cells.map(({ cell }) => pythonClassName(cell.name)),
  };
  write('trainer.json', JSON.stringify(trainer));
  writeModelDescription(folder, { settings, classes: data.classes, tokens: data.vocabulary.tokens });
  write('weights.safetensors', encodeSafetensors(await modelWeights(model)));
  const parts = { train: data.train, ...(data.validation && { validation: data.validation }) };
  write(
    'data.safetensors',
    encodeSafetensors(Object.entries(parts).flatMap(([part, texts]) => textTensors(part, texts))),
  );
}

/** The cells of the recurrent layers, and the width of their inputs. */
function recurrentCells(model: LayersModel): { cell: Cell; inputSize: number }[] {
  return model.layers.flatMap((layer) => {
    const recurrent = layer instanceof Bidirectional ? layer.forwardLayer : layer;
    if (!(recurrent instanceof RecurrentLayer)) return [];
    const shape = layer.inboundNodes[0].inputShapes as (number | null)[] | (number | null)[][];
    return [{ cell: recurrent.cell, inputSize: shape.flat().at(-1) as number }];
  });
}

const textTensors = (part: string, { texts, labels }: LabelledTexts): NamedArray[] =>
  Object.entries({ tokens: texts.tokens, starts: texts.starts, labels }).map(([name, values]) => ({
    name: `${part}/${name}`,
    shape: [values.length],
    values,
  }));
