import { type BackendName, backendNamed } from '../backends.js';
import { CONTENDERS, type ContenderName } from '../run/results.js';
import type { Contender } from './contender.js';
import { sluiceEngine } from './engine.js';
import { onnxruntime } from './onnxruntime.js';
import { sluice } from './sluice.js';
import { sluiceStream } from './stream.js';
import { tfLayers } from './tf-layers.js';

/** Every contender, by the name it has in results. */
export const contenders: Readonly<Record<ContenderName, Contender>> = {
  sluice,
  'sluice-engine': sluiceEngine,
  'sluice-stream': sluiceStream,
  'tf.layers': tfLayers,
  'onnxruntime-web': onnxruntime,
};

/** Measured only when they are named: parts of Sluice by themselves. */
const BY_NAME: readonly ContenderName[] = ['sluice-engine', 'sluice-stream'];

/** The default: the libraries as their users have them. */
export const USUAL_CONTENDERS = CONTENDERS.filter((name) => !BY_NAME.includes(name));

/** A contender on a backend. */
export interface Competitor {
  readonly contender: ContenderName;
  readonly backend: BackendName;
}

/**
 * Every contender on every backend. A contender with its own backend (`ownBackend`) competes on the chosen backends of that
 * kind, or on one thread when none of them is chosen.
 */
export function competitorsOf(
  names: readonly ContenderName[],
  backends: readonly BackendName[],
): Competitor[] {
  const own = (contender: ContenderName) => contenders[contender].ownBackend;
  const portable = backends.flatMap((backend) =>
    names.filter((name) => !own(name)).map((contender): Competitor => ({ contender, backend })),
  );
  const withOwnBackend = names.filter(own).flatMap((contender) => {
    const chosen = backends.filter((backend) => backendNamed(backend).tfjsName === own(contender));
    return (chosen.length > 0 ? chosen : [`${own(contender)}`]).map((backend) => ({ contender, backend }));
  });
  return [...portable, ...withOwnBackend];
}
