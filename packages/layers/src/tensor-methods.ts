import * as tf from '@tensorflow/tfjs-core';

/**
 * Methods that TensorFlow.js's layers call on tensors (`x.mul(y)`). The CommonJS build of tfjs-core that Node loads does
 * not install them, and the module that does cannot be imported from Node, so without this file `tf.layers.gru` or any
 * orthogonal initializer fails there with "flatten is not a function". A method that is already there is left alone.
 */
const sameName = [
  'abs',
  'add',
  'batchToSpaceND',
  'cast',
  'clipByValue',
  'cos',
  'cosh',
  'cumprod',
  'cumsum',
  'div',
  'dot',
  'equal',
  'exp',
  'expandDims',
  'floor',
  'floorDiv',
  'gather',
  'greater',
  'greaterEqual',
  'less',
  'lessEqual',
  'log',
  'logicalAnd',
  'logicalNot',
  'logicalOr',
  'matMul',
  'max',
  'maximum',
  'mean',
  'min',
  'minimum',
  'mod',
  'mul',
  'neg',
  'norm',
  'pad',
  'pow',
  'relu',
  'reshape',
  'reverse',
  'rsqrt',
  'sigmoid',
  'sign',
  'sin',
  'sinh',
  'slice',
  'softmax',
  'softplus',
  'spaceToBatchND',
  'split',
  'sqrt',
  'square',
  'squeeze',
  'step',
  'stridedSlice',
  'sub',
  'sum',
  'tanh',
  'tile',
  'transpose',
  'unsortedSegmentSum',
  'unstack',
  'zerosLike',
] as const;

type Method = (this: tf.Tensor, ...rest: unknown[]) => unknown;

const methods: Record<string, Method> = {
  asType(dtype) {
    return tf.cast(this, dtype as tf.DataType);
  },
  concat(others, axis) {
    return tf.concat(
      [this, ...(others instanceof tf.Tensor ? [others] : (others as tf.Tensor[]))],
      axis as number,
    );
  },
  flatten() {
    return tf.reshape(this, [this.size]);
  },
  toFloat() {
    return tf.cast(this, 'float32');
  },
  toInt() {
    return tf.cast(this, 'int32');
  },
  where(condition, otherwise) {
    return tf.where(condition as tf.Tensor, this, otherwise as tf.Tensor);
  },
};
for (const name of sameName) {
  // biome-ignore lint/performance/noDynamicNamespaceImportAccess: the list says which are used.
  const operation = tf[name] as (...all: unknown[]) => unknown;
  methods[name] = function (...rest) {
    return operation(this, ...rest);
  };
}

const prototype = tf.Tensor.prototype as unknown as Record<string, unknown>;
for (const [name, method] of Object.entries(methods)) {
  if (!(name in prototype)) prototype[name] = method;
}
