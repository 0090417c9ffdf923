import type { Loop } from './loop.js';

const known = new WeakMap<Loop, Loop>();

/**
 * The same loop with weights of 16 bits, in a buffer of their own where they have the places that they have in `work`; sums stay
 * of 32 bits. What takes a loop's time is reading its weights anew at every step, and so they are half as much to read.
 * The same object every time.
 */
export function withNarrowWeights(loop: Loop): Loop {
  const found = known.get(loop);
  if (found) return found;
  const narrow: Loop = {
    ...loop,
    name: `${loop.name}, 16-bit weights`,
    bindings: [...loop.bindings, { name: 'narrowWeights', access: 'read', type: 'f16' }],
    weight: (place) => `f32(narrowWeights[${place}])`,
  };
  known.set(loop, narrow);
  return narrow;
}
