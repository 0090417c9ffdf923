import { layers } from '@tensorflow/tfjs-layers';

/** TensorFlow.js's own layers that most recurrent models need, so that one import does. */
export const { dense, dropout } = layers;
