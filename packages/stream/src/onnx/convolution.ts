/** Convolutions and pools over any number of axes; the values are `[1, channels, …positions]`. */
import type { Expression } from '@sluice/core/equations';
import { type Constant, sizeOf, stridesOf } from '@sluice/formats/onnx';
import type { Call, GraphOperation } from './call.js';
import { signalOf } from './elements.js';
import { shapeText } from './pointwise.js';
import { multiplyRows } from './products.js';

/** The windows of a convolution or a pool. */
interface Windows {
  /** The positions of the result along each axis. */
  readonly out: readonly number[];
  /** For each position of the result, the place of each position of its window; −1 outside. */
  readonly places: readonly Int32Array[];
}

/** All indices of a shape, in row-major order. */
function* indices(shape: readonly number[]): Generator<number[]> {
  const index = shape.map(() => 0);
  for (let count = sizeOf(shape); count > 0; count--) {
    yield [...index];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis]++;
      if (index[axis] < shape[axis]) break;
      index[axis] = 0;
    }
  }
}

interface Geometry {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Positions outside before and after, for each axis. */
  readonly before: readonly number[];
  readonly after: readonly number[];
}

function geometryOf(call: Call, spatial: readonly number[], kernel: readonly number[]): Geometry {
  const { length: rank } = spatial;
  const list = (name: string, absent: number) => {
    const given = call.integers(name) ?? spatial.map(() => absent);
    if (given.length === rank && given.every((value) => Number.isSafeInteger(value) && value >= 1))
      return given;
    throw new Error(`its ${name} are ${shapeText(given)}`);
  };
  if (kernel.length !== rank || !kernel.every((size) => size >= 1)) {
    throw new Error(`its kernel is ${shapeText(kernel)} for ${rank} axes`);
  }
  const [strides, dilations] = [list('strides', 1), list('dilations', 1)];
  const auto = call.text('auto_pad', 'NOTSET');
  if (auto === 'SAME_UPPER' || auto === 'SAME_LOWER') {
    const total = spatial.map((size, i) => {
      const reach = (kernel[i] - 1) * dilations[i] + 1;
      return Math.max(0, (Math.ceil(size / strides[i]) - 1) * strides[i] + reach - size);
    });
    const less = total.map((count) => Math.floor(count / 2));
    const more = total.map((count) => Math.ceil(count / 2));
    const isUpper = auto === 'SAME_UPPER';
    return { kernel, strides, dilations, before: isUpper ? less : more, after: isUpper ? more : less };
  }
  if (auto !== 'NOTSET' && auto !== 'VALID') throw new Error(`its auto_pad is ${auto}`);
  const pads = (auto === 'NOTSET' && call.integers('pads')) || Array<number>(2 * rank).fill(0);
  if (pads.length !== 2 * rank || !pads.every((count) => Number.isSafeInteger(count) && count >= 0)) {
    throw new Error(`its pads are ${shapeText(pads)}`);
  }
  return { kernel, strides, dilations, before: pads.slice(0, rank), after: pads.slice(rank) };
}

function windowsOf(call: Call, spatial: readonly number[], geometry: Geometry): Windows {
  const { kernel, strides, dilations, before, after } = geometry;
  const out = spatial.map((size, i) => {
    const reach = (kernel[i] - 1) * dilations[i] + 1;
    return Math.floor((size + before[i] + after[i] - reach) / strides[i]) + 1;
  });
  if (!out.every((count) => count >= 1)) {
    throw new Error(`its windows of ${shapeText(kernel)} do not fit into ${shapeText(spatial)} positions`);
  }
  const steps = stridesOf(spatial);
  call.elements.reserve(sizeOf(out) * sizeOf(kernel));
  const offsets = [...indices(kernel)];
  const places = Array.from(indices(out), (position) =>
    Int32Array.from(offsets, (offset) => {
      let place = 0;
      for (let axis = 0; axis < spatial.length; axis++) {
        const at = position[axis] * strides[axis] - before[axis] + offset[axis] * dilations[axis];
        if (at < 0 || at >= spatial[axis]) return -1;
        place += at * steps[axis];
      }
      return place;
    }),
  );
  return { out, places };
}

/** A value `[1, channels, …positions]`. */
function channelsOf(call: Call): { values: Int32Array; channels: number; spatial: readonly number[] } {
  const { shape, values } = call.elements.elementsOf(call.input(0));
  const [, channels, ...spatial] = shape;
  if (spatial.length === 0) {
    throw new Error(`its input has the shape ${shapeText(shape)} without an axis of positions`);
  }
  return { values: values as Int32Array, channels, spatial };
}

/** The element that stands for 0. */
const ZERO = -1;

const conv: GraphOperation = (call) => {
  const { values, channels, spatial } = channelsOf(call);
  const weight = call.knownInput(1, 'weights');
  const [filters, perGroup, ...kernel] = weight.shape;
  const groups = call.integer('group', 1);
  if (!(groups >= 1) || perGroup * groups !== channels || filters % groups !== 0) {
    throw new Error(
      `its weights are ${shapeText(weight.shape)} for ${channels} channels in ${groups} groups, which do not fit`,
    );
  }
  const { out, places } = windowsOf(call, spatial, geometryOf(call, spatial, kernel));
  const taps = sizeOf(kernel);
  const count = sizeOf(spatial);
  const biases = biasesOf(call, filters);
  const at = (channel: number, place: number) => (place < 0 ? ZERO : values[channel * count + place]);
  const result = new Int32Array(filters * places.length);
  call.elements.reserve(result.length);
  if (perGroup === 1 && groups > 1) {
    places.forEach((window, position) => {
      const first = channelByChannel(call, weight, biases, (filter, tap) => {
        return at(Math.floor((filter * groups) / filters), window[tap]);
      });
      for (let filter = 0; filter < filters; filter++)
        result[filter * places.length + position] = first + filter;
    });
    return [signalOf([1, filters, ...out], result)];
  }
  const width = filters / groups;
  for (let group = 0; group < groups; group++) {
    const rows = places.map((window) =>
      Int32Array.from({ length: taps * perGroup }, (_, i) => {
        return at(group * perGroup + (i % perGroup), window[Math.floor(i / perGroup)]);
      }),
    );
    const firsts = multiplyRows(call, rows, {
      key: `${group}`,
      width,
      at: (row, column) => {
        const [tap, channel] = [Math.floor(row / perGroup), row % perGroup];
        return weight.values[((group * width + column) * perGroup + channel) * taps + tap];
      },
      bias: biases?.subarray(group * width, (group + 1) * width),
    });
    firsts.forEach((first, position) => {
      for (let n = 0; n < width; n++) result[(group * width + n) * places.length + position] = first + n;
    });
  }
  return [signalOf([1, filters, ...out], result)];
};

function biasesOf(call: Call, filters: number): Float32Array | undefined {
  const biases = call.known(2, 'biases')?.values;
  if (biases === undefined) return undefined;
  if (biases.length === filters) return Float32Array.from(biases);
  throw new Error(`it has ${biases.length} biases for ${filters} filters`);
}

/** One position of a convolution of each channel with its own numbers: the number of its first element. */
function channelByChannel(
  call: Call,
  weight: Constant,
  biases: Float32Array | undefined,
  elementAt: (filter: number, tap: number) => number,
): number {
  const { elements, vector } = call;
  const [filters] = weight.shape;
  const taps = weight.values.length / filters;
  call.elements.reserve(weight.values.length);
  let total: Expression | undefined = biases && call.weights.vector(call.name, biases, 'bias');
  for (let tap = 0; tap < taps; tap++) {
    const own = Int32Array.from({ length: filters }, (_, filter) => elementAt(filter, tap));
    if (own.every((element) => element === ZERO)) continue;
    const factors = Float32Array.from({ length: filters }, (_, filter) => weight.values[filter * taps + tap]);
    const product = elements.row(own, vector).mul(vector(factors));
    total = total === undefined ? product : product.add(total);
  }
  return elements.add(total ?? elements.row(new Int32Array(filters).fill(ZERO), vector), filters);
}

/** The sums, over all windows that reach a position, of a position times the kernel. */
const convTranspose: GraphOperation = (call) => {
  const { values, channels, spatial } = channelsOf(call);
  const weight = call.knownInput(1, 'weights');
  const [inputs, perGroup, ...kernel] = weight.shape;
  const groups = call.integer('group', 1);
  if (!(groups >= 1) || inputs !== channels || channels % groups !== 0) {
    throw new Error(
      `its weights are ${shapeText(weight.shape)} for ${channels} channels in ${groups} groups, which do not fit`,
    );
  }
  if (call.integers('output_shape')) throw new Error('it has an output_shape');
  if (call.text('auto_pad', 'NOTSET').startsWith('SAME')) throw new Error('its auto_pad is SAME');
  const geometry = geometryOf(call, spatial, kernel);
  const { strides, dilations, before, after } = geometry;
  const extra = call.integers('output_padding') ?? spatial.map(() => 0);
  const out = spatial.map(
    (size, i) =>
      (size - 1) * strides[i] - before[i] - after[i] + (kernel[i] - 1) * dilations[i] + 1 + extra[i],
  );
  if (!out.every((size) => size >= 1)) throw new Error(`its result would be ${shapeText(out)}`);
  const [count, taps, filters, own] = [sizeOf(spatial), sizeOf(kernel), perGroup * groups, channels / groups];
  const biases = biasesOf(call, filters);
  const { elements, vector } = call;
  elements.reserve(count * taps * filters);
  const steps = stridesOf(out);
  const offsets = [...indices(kernel)];
  const result = new Int32Array(filters * sizeOf(out)).fill(ZERO);
  for (let group = 0; group < groups; group++) {
    const rows = Array.from({ length: count }, (_, place) =>
      Int32Array.from({ length: own }, (__, i) => values[(group * own + i) * count + place]),
    );
    const firsts = multiplyRows(call, rows, {
      key: `${group}`,
      width: taps * perGroup,
      at: (row, column) => {
        const [tap, filter] = [Math.floor(column / perGroup), column % perGroup];
        return weight.values[((group * own + row) * perGroup + filter) * taps + tap];
      },
    });
    const parts: number[][] = Array.from({ length: sizeOf(out) }, () => []);
    [...indices(spatial)].forEach((position, place) => {
      offsets.forEach((offset, tap) => {
        let target = 0;
        for (let axis = 0; axis < out.length; axis++) {
          const at = position[axis] * strides[axis] - before[axis] + offset[axis] * dilations[axis];
          if (at < 0 || at >= out[axis]) return;
          target += at * steps[axis];
        }
        parts[target].push(firsts[place] + tap * perGroup);
      });
    });
    const bias = biases?.subarray(group * perGroup, (group + 1) * perGroup);
    parts.forEach((starts, target) => {
      const rowsHere = starts.map((first) =>
        elements.row(
          Int32Array.from({ length: perGroup }, (_, i) => first + i),
          vector,
        ),
      );
      if (bias) rowsHere.push(call.weights.vector(call.name, bias, 'bias'));
      if (rowsHere.length === 0) return;
      const first = elements.add(
        rowsHere.reduce((a, b) => a.add(b)),
        perGroup,
      );
      for (let n = 0; n < perGroup; n++) result[(group * perGroup + n) * sizeOf(out) + target] = first + n;
    });
  }
  return [signalOf([1, filters, ...out], result)];
};

const pool =
  (what: 'mean' | 'max'): GraphOperation =>
  (call) => {
    const { values, channels, spatial } = channelsOf(call);
    const { elements, vector } = call;
    if (call.integer('ceil_mode', 0) !== 0) throw new Error('its ceil_mode is 1');
    if (call.node.output.slice(1).some(Boolean))
      throw new Error('the places of its largest numbers are used');
    const kernel = call.integers('kernel_shape') ?? [];
    const { out, places } = windowsOf(call, spatial, geometryOf(call, spatial, kernel));
    const countsOutside = call.integer('count_include_pad', 0) !== 0;
    const count = sizeOf(spatial);
    const result = new Int32Array(channels * places.length);
    elements.reserve(result.length * sizeOf(kernel));
    const order = Int32Array.from({ length: channels }, (_, i) => i).sort(
      (a, b) => values[a * count] - values[b * count],
    );
    places.forEach((window, position) => {
      const inside = window.filter((place) => place >= 0);
      if (inside.length === 0) throw new Error('one of its windows lies outside');
      const rows = Array.from(inside, (place) =>
        elements.row(
          order.map((channel) => values[channel * count + place]),
          vector,
        ),
      );
      const total = rows.reduce((all, row) => (what === 'max' ? all.max(row) : all.add(row)));
      const size = countsOutside ? window.length : inside.length;
      const first = elements.add(what === 'max' ? total : total.mul(1 / size), channels);
      order.forEach((channel, i) => {
        result[channel * places.length + position] = first + i;
      });
    });
    return [signalOf([1, channels, ...out], result)];
  };

/** Runs an operation for each item of a batch: parameters are shared. */
const forEachItem =
  (run: GraphOperation): GraphOperation =>
  (call) => {
    const { shape, values } = call.elements.elementsOf(call.input(0));
    if (shape[0] === 1) return run(call);
    const size = values.length / shape[0];
    const results = Array.from({ length: shape[0] }, (_, item) => {
      const own = signalOf(
        [1, ...shape.slice(1)],
        values.slice(item * size, (item + 1) * size) as Int32Array,
      );
      return call.elements.elementsOf(run(call.withFirst(own))[0]);
    });
    const joined = Int32Array.from(results.flatMap((result) => [...result.values]));
    return [signalOf([shape[0], ...results[0].shape.slice(1)], joined)];
  };

/** The operations by their names in ONNX. */
export const convolutionOperations: Readonly<Record<string, GraphOperation>> = {
  Conv: forEachItem(conv),
  ConvTranspose: forEachItem(convTranspose),
  AveragePool: forEachItem(pool('mean')),
  MaxPool: forEachItem(pool('max')),
};
