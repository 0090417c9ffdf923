import { tolerances } from '@sluice/conformance';
import { runTests } from '@sluice/conformance/browser';
import { testLayers } from '@sluice/layers/testing';
import { setBackend } from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-webgl';
import { beforeAll } from 'vitest';
// The built files, as a bundler drops the registrations of sources that package.json does not list.
import type { Subject } from '../../dist/testing/subject.js';
import { directionsSuite, ownCellSuite } from '../../dist/testing/suites/sequences.js';
import { savingSuite } from '../../dist/testing/suites/weights.js';

const tier = new URLSearchParams(location.search).get('tier');

// webgpu's tolerances: on webgl too, exp and tanh of a GPU have fewer exact digits than float32 arithmetic.
function testAll(): void {
  testLayers({ backend: 'webgl', path: 'operations', tolerances: 'webgpu' });
}

/** Outputs, masks, states and gradients in both directions, a user's cell, and a model that is loaded and trained. */
function testSome(): void {
  beforeAll(() => setBackend('webgl'));
  const subject: Subject = { path: 'operations', tolerances: tolerances.webgpu };
  for (const suite of [directionsSuite, ownCellSuite, savingSuite]) suite(subject);
}

Object.assign(globalThis, { result: runTests(tier === 'full' ? testAll : testSome) });
