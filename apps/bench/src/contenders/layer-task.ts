import { checkedCotangent, checkedPart, type LayerProblem } from '../workloads/layer.js';
import { joinSteps, type StreamProblem } from '../workloads/stream.js';
import type { Shape } from '../workloads/workload.js';
import type { Prepared } from './contender.js';

/** A layer with its inputs on a device whose arrays are of type `Value`. */
export interface DeviceLayer<Value> {
  upload(values: Float32Array, shape: number[]): Value;
  download(value: Value): Promise<Float32Array>;
  /** Waits until a result is computed. */
  wait(value: Value): Promise<unknown>;
  release(values: readonly Value[]): void;
  /** The sequence `[batch, timesteps, units]`, then other results, the last of which is computed last. */
  forward(): Value[];
  /** The gradient of `x` and of each weight for the sequence's cotangent, then the same. */
  gradient(cotangent: Value): Value[];
  /** Makes a call and counts its kernels or dispatches. */
  count(call: () => Value[]): Promise<{ kernels: number; results: Value[] }>;
}

/**
 * The workload `forward` or `gradient` of a layer.
 *
 * @param calls the number of calls that a run makes before it waits.
 */
export function layerTask<Value>(
  layer: DeviceLayer<Value>,
  workload: 'forward' | 'gradient',
  problem: LayerProblem,
  shape: Shape,
  calls = 1,
): Prepared {
  const [batch, timesteps, , units] = shape;
  const part = checkedPart(problem.plan, workload, shape);
  const [measured, checked] = [problem.cotangent, checkedCotangent(problem, part, shape)].map((values) =>
    layer.upload(values, [batch, timesteps, units]),
  );
  const call = (cotangent: Value) => (workload === 'forward' ? layer.forward() : layer.gradient(cotangent));
  return {
    async check() {
      const { kernels, results } = await layer.count(() => call(checked));
      const compared = workload === 'forward' ? 1 : 1 + problem.parameters.length;
      const outputs = await Promise.all(results.slice(0, compared).map((result) => layer.download(result)));
      layer.release(results);
      return { kernels, outputs };
    },
    async run() {
      for (let i = 1; i < calls; i++) layer.release(call(measured));
      const results = call(measured);
      await layer.wait(results[results.length - 1]);
      layer.release(results);
    },
  };
}

/** A recurrent layer that carries its states from call to call. */
export interface Stream {
  /** Sets the states to zeros. */
  restart(): void;
  /** One timestep: `x` `[batch, inputSize]` gives the output `[batch, units]`. */
  step(x: Float32Array): Promise<Float32Array>;
}

/** The workload `step` of a stream. */
export function stepTask(stream: Stream, { inputs }: StreamProblem, [, , , units]: Shape): Prepared {
  let calls = 0;
  return {
    async check(onFirst) {
      stream.restart();
      const outputs: Float32Array[] = [];
      for (const x of inputs) {
        outputs.push(await stream.step(x));
        onFirst?.();
      }
      return { kernels: 1, outputs: [joinSteps(outputs, units)] };
    },
    run: () => stream.step(inputs[calls++ % inputs.length]),
  };
}
