import '@tensorflow/tfjs-backend-cpu';
import { testLayers } from '../src/testing/index.js';

// This file imports no package that registers Sluice's kernels.
testLayers({ backend: 'cpu', path: 'operations' });
