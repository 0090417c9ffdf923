import { CellTextError } from '@sluice/core';
import { inspectLayer, inspectLayerGradients } from '@sluice/layers';
import {
  dispose,
  mul,
  type Scalar,
  slice,
  square,
  sum,
  type Tensor,
  type Tensor3D,
  tidy,
} from '@tensorflow/tfjs-core';
import { cellOf } from '../equations.js';
import type { CellText, Look, Progress, RunSettings } from '../protocol.js';
import type { Network, Task } from '../tasks/task.js';
import { probabilitiesOf } from '../tasks/texts.js';

/** Milliseconds between two reports, which let the worker read messages, too. */
const REPORT_MS = 100;

/** What a run tells while it trains. */
export interface Reports {
  progress(progress: Progress): void;
  tested(cell: number, epoch: number, loss: number, accuracy: number): void;
  /** The loss of a cell is no number any more. */
  diverged(cell: number, epoch: number): void;
  isCancelled(): boolean;
}

/** Several cells that learn the same task side by side: batch by batch in turns, so that their times can be compared. */
export class Run {
  readonly networks: readonly Network[];
  /** Networks whose loss is no number any more: the others go on without them. */
  private readonly diverged = new Set<number>();

  /** @throws Error for equations that cannot be read, or do not fit the task. */
  constructor(
    private readonly task: Task,
    private readonly settings: RunSettings,
  ) {
    const networks: Network[] = [];
    try {
      for (const text of settings.cells) networks.push(networkOf(text, task, settings));
    } catch (error) {
      for (const network of networks) free(network);
      throw error;
    }
    this.networks = networks;
  }

  /** @returns whether it came to the end. */
  async train(reports: Reports): Promise<boolean> {
    const { networks, settings, task } = this;
    let lastReport = performance.now();
    for (let epoch = 1; epoch <= settings.epochs; epoch++) {
      const sums = networks.map(() => ({ loss: 0, accuracy: 0, count: 0, seconds: 0 }));
      for (let batch = 0; batch < task.batches; batch++) {
        const { inputs, targets, count } = task.batch(epoch, batch);
        try {
          for (const [i, { model }] of networks.entries()) {
            if (this.diverged.has(i)) continue;
            const start = performance.now();
            const [loss, accuracy] = (await model.trainOnBatch(inputs, targets)) as number[];
            if (!Number.isFinite(loss)) {
              this.diverged.add(i);
              reports.diverged(i, epoch);
              if (this.diverged.size === networks.length)
                throw new Error(divergence(settings.cells[i], loss, epoch));
              continue;
            }
            sums[i].seconds += (performance.now() - start) / 1000;
            sums[i].loss += loss * count;
            sums[i].accuracy += accuracy * count;
            sums[i].count += count;
          }
        } finally {
          dispose([inputs, targets]);
        }
        const isLast = batch === task.batches - 1;
        if (!isLast && performance.now() - lastReport < REPORT_MS) continue;
        for (const [cell, { loss, accuracy, count, seconds }] of sums.entries()) {
          if (this.diverged.has(cell)) continue;
          const means = {
            loss: loss / count,
            accuracy: accuracy / count,
            examplesPerSecond: count / seconds,
          };
          reports.progress({ cell, epoch, batch: batch + 1, batches: task.batches, ...means });
        }
        await new Promise((resolve) => setTimeout(resolve));
        if (reports.isCancelled()) return false;
        lastReport = performance.now();
      }
      await this.test(epoch, reports);
    }
    return true;
  }

  private async test(epoch: number, reports: Reports): Promise<void> {
    const batches = this.task.test();
    try {
      for (const [cell, { model }] of this.networks.entries()) {
        if (this.diverged.has(cell)) continue;
        const sums = { loss: 0, accuracy: 0, count: 0 };
        for (const { inputs, targets, count } of batches) {
          const scores = model.evaluate(inputs, targets, { batchSize: count }) as Scalar[];
          const [loss, accuracy] = await Promise.all(scores.map(async (score) => (await score.data())[0]));
          dispose(scores);
          sums.loss += loss * count;
          sums.accuracy += accuracy * count;
          sums.count += count;
        }
        reports.tested(cell, epoch, sums.loss / sums.count, sums.accuracy / sums.count);
      }
    } finally {
      for (const { inputs, targets } of batches) dispose([inputs, targets]);
    }
  }

  /** Passes a sequence through every cell. */
  async look(text: string): Promise<Look[]> {
    const { inputs, steps, expected } = this.task.show(text);
    try {
      const looks: Look[] = [];
      for (const [i, network] of this.networks.entries()) {
        if (this.diverged.has(i)) continue;
        const look = await this.lookInto(network, this.settings.cells[i].name, inputs, steps);
        looks.push(
          expected === undefined ? look : { ...look, answer: `${look.answer} (right: ${expected})` },
        );
      }
      return looks;
    } finally {
      inputs.dispose();
    }
  }

  private async lookInto(
    { model, recurrent }: Network,
    name: string,
    inputs: Tensor,
    steps: readonly string[],
  ) {
    const { output, x } = tidy(() => {
      const before = model.layers.slice(model.layers[0].getClassName() === 'InputLayer' ? 1 : 0);
      const read = before.slice(0, before.indexOf(recurrent)).filter((layer) => layer !== recurrent);
      return {
        output: model.predict(inputs) as Tensor,
        x: read.reduce((tensor, layer) => layer.apply(tensor) as Tensor, inputs.clone()) as Tensor3D,
      };
    });
    const values = inspectLayer(recurrent, x);
    // How much the state after each step matters for the size of the last output: ½‖h‖².
    const gradients = inspectLayerGradients(recurrent, x, (sequence) =>
      tidy(() => {
        const [, timesteps, width] = sequence.shape;
        return mul(sum(square(slice(sequence, [0, timesteps - 1, 0], [1, 1, width]))), 0.5) as Scalar;
      }),
    );
    try {
      const outputs = await output.data();
      const { classes } = this.task;
      const probabilities = classes.length > 0 ? probabilitiesOf(outputs) : [];
      return {
        name,
        steps,
        values: await Promise.all(
          Object.entries(values).map(async ([name, tensor]) => ({ name, rows: await rowsOf(tensor) })),
        ),
        gradients: await Promise.all(
          Object.entries(gradients.states).map(async ([name, tensor]) => ({
            name,
            norms: (await rowsOf(tensor)).map((row) => Math.hypot(...row)),
          })),
        ),
        answer: this.task.describe(outputs),
        probabilities: classes.map((label, i) => ({ label, probability: probabilities[i] })),
      };
    } finally {
      dispose([output, x, gradients.x, ...Object.values(values), ...Object.values(gradients.states)]);
    }
  }

  dispose(): void {
    for (const network of this.networks) free(network);
  }
}

/** The rows of the first sequence. */
async function rowsOf(tensor: Tensor3D): Promise<number[][]> {
  const [, timesteps, width] = tensor.shape;
  const numbers = await tensor.data();
  return Array.from({ length: timesteps }, (_, t) =>
    Array.from(numbers.subarray(t * width, (t + 1) * width)),
  );
}

const divergence = ({ name }: CellText, loss: number, epoch: number): string =>
  `The loss of ${name} became ${loss} in epoch ${epoch}. Its numbers grow from step to step: choose a smaller learning rate, or change the equations.`;

function networkOf(text: CellText, task: Task, settings: RunSettings): Network {
  try {
    return task.build(cellOf(text), text, settings);
  } catch (error) {
    if (error instanceof CellTextError) throw new Error(`${text.name}: ${error.message}`);
    throw error;
  }
}

/** A model leaves an optimizer that it was given to its caller. */
function free({ model }: Network): void {
  model.optimizer.dispose();
  model.dispose();
}
