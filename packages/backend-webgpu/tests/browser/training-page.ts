import { dense, gru, sequential } from '@sluice/layers';
import * as tf from '@tensorflow/tfjs-core';
import '@sluice/backend-webgpu';

async function train() {
  if (!(await tf.setBackend('webgpu'))) throw new Error("TensorFlow.js's webgpu backend does not start");
  const model = sequential({ layers: [gru({ units: 4, inputShape: [5, 3] }), dense({ units: 1 })] });
  model.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
  const { history } = await model.fit(tf.ones([8, 5, 3]), tf.fill([8, 1], 3), { epochs: 3 });
  return { losses: history.loss };
}

Object.assign(globalThis, { result: train() });
