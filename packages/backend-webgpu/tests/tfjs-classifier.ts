import { dense, embedding, gru, type sequential as makeSequential, sru } from '@sluice/layers';

export interface ClassifierSizes {
  readonly vocabulary: number;
  readonly timesteps: number;
  readonly units: number;
}

/** The two-layer text classifier, seeded: the same weights on every backend. */
export function classifier(
  sequential: typeof makeSequential,
  { vocabulary, timesteps, units }: ClassifierSizes,
  cell: 'gru' | 'sru' = 'gru',
) {
  const layer = { gru, sru }[cell];
  const seeded = { units, kernelInitializer: { className: 'GlorotUniform', config: { seed: 5 } } };
  return sequential({
    layers: [
      embedding({ inputDim: vocabulary, outputDim: units, inputLength: timesteps, seed: 3 }),
      layer({ ...seeded, returnSequences: true, seed: 6 } as never),
      layer({ ...seeded, seed: 7 } as never),
      dense({ units: 1, activation: 'sigmoid', kernelInitializer: 'ones' }),
    ],
  });
}
