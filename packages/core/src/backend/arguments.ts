import type { LoopOptions } from '../loop/build.js';
import type { Source } from '../loop/loop.js';
import type { SequenceCotangents, SequenceGradient, SequenceInputs, SequenceResult } from './interface.js';

/** Finds the argument of a call that a source names; undefined if the caller left it out. */
export type Arguments<Buffer> = (source: Source) => Buffer | undefined;

/** The arguments of a forward pass. */
export const forwardArguments =
  <Buffer>(inputs: SequenceInputs<Buffer>): Arguments<Buffer> =>
  (source) => {
    switch (source.kind) {
      case 'x':
        return inputs.x;
      case 'mask':
        return inputs.mask;
      case 'parameter':
        return inputs.parameters[source.index];
      case 'recurrentMask':
        return inputs.recurrentMasks?.[source.index];
      case 'initialState':
        return inputs.initialStates?.[source.index];
      default:
        throw new Error(`${source.kind} is no input of a pass`);
    }
  };

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
  private readonly states: Buffer[] = [];
  private readonly parameters: Buffer[] = [];
  private readonly initialStates: Buffer[] = [];
  private sequence: Buffer | undefined;
  private x: Buffer | undefined;

  readonly take = (source: Source, buffer: Buffer): void => {
    if (source.kind === 'finalState') this.states[source.index] = buffer;
    else if (source.kind === 'parameterGradient') this.parameters[source.index] = buffer;
    else if (source.kind === 'initialStateGradient') this.initialStates[source.index] = buffer;
    else if (source.kind === 'output') this.sequence = buffer;
    else if (source.kind === 'xGradient') this.x = buffer;
    else throw new Error(`${source.kind} is no result of a pass`);
  };

  /** Those of a forward pass. */
  forward(saved: Buffer | undefined): SequenceResult<Buffer> {
    return { sequence: this.sequence as Buffer, states: this.states, saved };
  }

  gradient(): SequenceGradient<Buffer> {
    const { parameters, initialStates } = this;
    return { x: this.x as Buffer, parameters, initialStates };
  }
}
