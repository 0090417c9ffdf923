import type { LoopOptions } from '../loop/build.js';
import type { Source } from '../loop/loop.js';
import type { SequenceCotangents, SequenceGradient, SequenceInputs, SequenceResult } from './interface.js';

/** Finds the argument of a call that a source names; undefined if the caller left it out. */
export type Arguments<Buffer> = (source: Source) => Buffer | undefined;

/** The index of an argument or a result among those of its kind. */
const indexOf = (source: Source): number => ('index' in source ? source.index : 0);

/** The arguments of a forward pass. */
export function forwardArguments<Buffer>(inputs: SequenceInputs<Buffer>): Arguments<Buffer> {
  const lists: Partial<Record<Source['kind'], readonly (Buffer | undefined)[]>> = {
    x: [inputs.x],
    mask: [inputs.mask],
    parameter: inputs.parameters,
    recurrentMask: inputs.recurrentMasks,
    initialState: inputs.initialStates,
  };
  return (source) => lists[source.kind]?.[indexOf(source)];
}

/** The arguments of a gradient. */
export function gradientArguments<Buffer>(
  inputs: SequenceInputs<Buffer>,
  { sequence }: SequenceResult<Buffer>,
  cotangents: SequenceCotangents<Buffer>,
): Arguments<Buffer> {
  const input = forwardArguments(inputs);
  return (source) => {
    if (source.kind === 'output') return sequence;
    if (source.kind === 'outputCotangent') return cotangents.sequence;
    if (source.kind === 'stateCotangent') return cotangents.states?.[source.index];
    return input(source);
  };
}

/** The mask's options of a loop. */
export const maskedBy = <Buffer>({
  mask,
  maskedOutput = 'repeat',
}: SequenceInputs<Buffer>): LoopOptions['masked'] => (mask === undefined ? 'no' : maskedOutput);

/** Collects the results of a loop. */
export class Results<Buffer> {
  private readonly lists: Partial<Record<Source['kind'], Buffer[]>> = {};

  readonly take = (source: Source, buffer: Buffer): void => {
    this.list(source.kind)[indexOf(source)] = buffer;
  };

  /** Those of a forward pass. */
  forward(saved: Buffer | undefined): SequenceResult<Buffer> {
    const [sequence] = this.list('output');
    return { sequence, states: this.list('finalState'), saved };
  }

  gradient(): SequenceGradient<Buffer> {
    const [x] = this.list('xGradient');
    return {
      x,
      parameters: this.list('parameterGradient'),
      initialStates: this.list('initialStateGradient'),
    };
  }

  private list(kind: Source['kind']): Buffer[] {
    this.lists[kind] ??= [];
    return this.lists[kind];
  }
}
