import { agreementSuite } from './agreement.js';
import { buffersSuite } from './buffers.js';
import { errorsSuite } from './errors.js';
import { independenceSuite } from './independence.js';
import { leaksSuite } from './leaks.js';
import { memorySuite } from './memory.js';
import { nonFiniteSuite } from './non-finite.js';
import { optionalInputsSuite } from './optional-inputs.js';
import { limitsSuite, plansSuite } from './plans.js';
import { repetitionSuite } from './repetition.js';
import { reuseSuite } from './reuse.js';
import { rowsSuite } from './rows.js';
import { saturationSuite } from './saturation.js';
import { streamingSuite } from './streaming.js';
import type { Suite } from './subject.js';

/** All suites. `leaks` is only for backends that count their buffers. */
export const suites: readonly Suite[] = [
  agreementSuite,
  optionalInputsSuite,
  nonFiniteSuite,
  saturationSuite,
  rowsSuite,
  streamingSuite,
  repetitionSuite,
  memorySuite,
  reuseSuite,
  independenceSuite,
  plansSuite,
  errorsSuite,
  limitsSuite,
  buffersSuite,
  leaksSuite,
];
