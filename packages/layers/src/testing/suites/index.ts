import type { Suite } from '../subject.js';
import { constraintsSuite } from './constraints.js';
import { directionsSuite } from './directions.js';
import { dropoutSuite } from './dropout.js';
import { emptyBatchSuite } from './empty-batch.js';
import { integersSuite } from './integers.js';
import { leadingPaddingSuite } from './leading-padding.js';
import { masksSuite } from './masks.js';
import { memorySuite } from './memory.js';
import { nonFiniteSuite } from './non-finite.js';
import { ownCellSuite } from './own-cell.js';
import { savingSuite } from './saving.js';
import { statesSuite } from './states.js';
import { trainingSuite } from './training.js';

/** The tests that layers must pass, one suite for each concern. */
export const suites: readonly Suite[] = [
  masksSuite,
  leadingPaddingSuite,
  integersSuite,
  statesSuite,
  directionsSuite,
  ownCellSuite,
  dropoutSuite,
  trainingSuite,
  constraintsSuite,
  savingSuite,
  nonFiniteSuite,
  memorySuite,
  emptyBatchSuite,
];
