import { explain } from '@sluice/core';
import { Bidirectional, RecurrentLayer } from '@sluice/layers';
import type { layers } from '@tensorflow/tfjs-layers';
import { useBackend } from '../backend.js';
import { type Column, textTable } from '../report/tables.js';
import { loadModel } from '../storage/load-model.js';
import { formatCount } from '../terminal/numbers.js';
import type { Streams } from '../terminal/streams.js';

/** The number of classes that are shown by name. */
const namedClasses = 20;

/** Shows the settings and parameters of a saved model, and the equations and plan of its cell. */
export async function inspect(flags: { model: string }, { output }: Streams): Promise<number> {
  await useBackend(null);
  const { model, settings, classes, vocabulary, epoch } = await loadModel(flags.model);
  const shown = classes.slice(0, namedClasses).join(', ') + (classes.length > namedClasses ? ', …' : '');
  const facts = [
    ['cell', settings.cell],
    ['classes', `${classes.length}: ${shown}`],
    [
      'tokens',
      `${formatCount(vocabulary.size)} of the unit ${settings.unit}, the first ${settings.length} of a text`,
    ],
    ['weights of', `epoch ${epoch}`],
    [
      'training',
      `batches of ${settings.batch}, learning rate ${settings.learningRate}, dropout ${settings.dropout}, ` +
        `clip norm ${settings.clipNorm ?? 'none'}, seed ${settings.seed}`,
    ],
  ];
  output.write(facts.map(([name, value]) => `${name.padEnd(11)} ${value}\n`).join(''));
  output.write(`\n${parameterTable(model.layers)}`);
  for (const text of explanations(model.layers)) output.write(`\n${text}\n`);
  return 0;
}

function parameterTable(all: readonly layers.Layer[]): string {
  const columns: Column[] = [
    { heading: 'layer', align: 'left' },
    { heading: 'weight', align: 'left' },
    { heading: 'shape', align: 'left' },
    { heading: 'parameters', align: 'right' },
  ];
  let total = 0;
  const rows = all.flatMap((layer) =>
    layer.weights.map((weight) => {
      const shape = weight.shape as number[];
      const count = shape.reduce((product, size) => product * size, 1);
      total += count;
      const name = weight.originalName.replace(`${layer.name}/`, '');
      return [layer.name, name, `[${shape.join(', ')}]`, formatCount(count)];
    }),
  );
  return textTable(columns, [...rows, ['all', '', '', formatCount(total)]]);
}

/** The explanation of the cell for each pair of sizes; layers of the same sizes share one text. */
function explanations(all: readonly layers.Layer[]): Set<string> {
  return new Set(
    all.flatMap((layer) => {
      const recurrent = layer instanceof Bidirectional ? layer.forwardLayer : layer;
      if (!(recurrent instanceof RecurrentLayer)) return [];
      const inputShape = layer.inboundNodes[0].inputShapes[0] as (number | null)[];
      const inputSize = inputShape[inputShape.length - 1] as number;
      return [explain(recurrent.cell, { inputSize, units: recurrent.units }).trimEnd()];
    }),
  );
}
