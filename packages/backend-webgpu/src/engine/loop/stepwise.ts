import { type Kernel, uniformsIn } from '../kernel.js';
import { type BodyProduct, blocksOf } from './body.js';
import type { Places } from './places.js';
import { resultsOf, stageFunction, stageFunctions } from './stage.js';

/** Units and batch rows of a workgroup: 16 × 16 threads, each with a unit of four rows. */
export const TILE_UNITS = 16;
export const TILE_ROWS = 64;
/** The depth that a workgroup holds in its memory at a time. */
const STRIP = 16;

/**
 * Writes the kernel of one stage of a step: each workgroup computes the products and the program of a tile of batch rows and
 * units. States, or their cotangents, pass from step to step through memory.
 */
export function stepwiseKernel(places: Places, index: number): Kernel {
  const { body, loop } = places;
  const stage = body[index];
  const width = places.width(stage.width);
  const sums = resultsOf(stage).map(({ name }) => name);
  const namesOf = (product: BodyProduct, i: number) =>
    blocksOf(stage, product, `product${i}`).map(({ name }) => name);
  const widest = Math.max(0, ...stage.products.map((product, i) => namesOf(product, i).length));
  const multiply = (product: BodyProduct, i: number) => {
    const results = namesOf(product, i);
    const depth = places.width(product.left.width);
    const operand = places.load(product.left, 'k');
    const loads = results.map(
      (_, block) =>
        `weights[${block * STRIP * TILE_UNITS}u + thread] = weightAt(weight + ${block}u * ${width}, isInside);`,
    );
    return `
  for (var strip = 0u; strip < ${depth}; strip += ${STRIP}u) {
    {
      let k = strip + local.x;
      var four = vec4f();
      for (var i = 0u; i < 4u; i++) {
        let row = firstRow + i;
        if (row < u.batch && k < ${depth}) {
          ${places.declare(operand)}
          four[i] = ${operand};
        }
      }
      rowsOf[local.x * 16u + local.y] = four;
    }
    {
      let k = strip + local.y;
      let isInside = k < ${depth} && unit < ${width};
      let weight = ${places.weightRow(product, 'k')} + unit;
      ${loads.join('\n      ')}
    }
    workgroupBarrier();
    for (var k = select(${STRIP}u, 0u, firstRow < u.batch && unit < ${width}); k < ${STRIP}u; k++) {
      let rows = rowsOf[k * 16u + local.y];
      let at = k * ${TILE_UNITS}u + local.x;
      ${results.map((name, block) => `${name} += rows * weights[${block * STRIP * TILE_UNITS}u + at];`).join('\n      ')}
    }
    workgroupBarrier();
  }`;
  };
  const memory =
    widest === 0
      ? ''
      : `var<workgroup> rowsOf: array<vec4f, ${(STRIP * TILE_ROWS) / 4}>;
var<workgroup> weights: array<f32, ${widest * STRIP * TILE_UNITS}>;
fn weightAt(place: u32, isInside: bool) -> f32 {
  if (!isInside) { return 0.0; }
  return ${places.weight('place')};
}`;
  const code = `
${memory}
${stageFunctions([stage])}
${stageFunction(places, body, index, places)}
@compute @workgroup_size(16, 16)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let step = u.step;
  let unit = group.x * ${TILE_UNITS}u + local.x;
  let firstRow = group.y * ${TILE_ROWS}u + local.y * 4u;
  ${sums.map((name) => `var ${name} = vec4f();`).join('\n  ')}
  ${stage.products.map(multiply).join('\n  ')}
  if (unit >= ${width}) { return; }
  for (var lane = 0u; lane < 4u; lane++) {
    let row = firstRow + lane;
    if (row < u.batch) { stage${index}(${['row', 'unit', 'step', ...sums.map((name) => `${name}[lane]`)].join(', ')}); }
  }
}`;
  const name = `${loop.name}, stage ${index}`;
  return { name, uniforms: uniformsIn(code), bindings: places.bindings(body), code };
}
