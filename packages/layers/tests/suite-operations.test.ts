import '@tensorflow/tfjs-backend-cpu';
import { testLayers } from '../src/testing/index.js';

// No package of Sluice's registers kernels here.
testLayers({ backend: 'cpu', path: 'operations' });
