import type { Kernel } from '../kernel.js';
import { type Loop, type LoopProduct, uniformsIn } from './loop.js';
import { loopFunctions, stageFunction } from './stage.js';

/** Units and batch rows of a workgroup: 16 × 16 threads, each with a unit of four rows. */
export const TILE_UNITS = 16;
export const TILE_ROWS = 64;
/** The depth that a workgroup holds in its memory at a time. */
const STRIP = 16;

/**
 * Writes the kernel of one stage of a step: each workgroup computes the products and the program of a tile of batch rows and
 * units. States, or their cotangents, pass from step to step through memory.
 */
export function stepwiseKernel(loop: Loop, index: number): Kernel {
  const stage = loop.stages[index];
  const sums = stage.products.flatMap(({ results }) => results);
  const widest = Math.max(0, ...stage.products.map(({ results }) => results.length));
  const multiply = (product: LoopProduct) => {
    const operand = loop.operands[product.operand];
    const depth = `${product.depthBlocks}u * u.units`;
    const loads = product.results.map(
      (_, block) =>
        `weights[${block * STRIP * TILE_UNITS}u + thread] = weightAt(weight + ${block}u * u.units, isInside);`,
    );
    return `
  for (var strip = 0u; strip < ${depth}; strip += ${STRIP}u) {
    {
      let k = strip + local.x;
      var four = vec4f();
      for (var i = 0u; i < 4u; i++) {
        let row = firstRow + i;
        if (row < u.batch && k < ${depth}) {
          ${loop.step}
          four[i] = ${operand.at(`(${product.firstBlock}u * u.units + k)`)};
        }
      }
      rowsOf[local.x * 16u + local.y] = four;
    }
    {
      let k = strip + local.y;
      let isInside = k < ${depth} && unit < u.units;
      let weight = ${product.weightRow('k')} + unit;
      ${loads.join('\n      ')}
    }
    workgroupBarrier();
    for (var k = select(${STRIP}u, 0u, firstRow < u.batch && unit < u.units); k < ${STRIP}u; k++) {
      let rows = rowsOf[k * 16u + local.y];
      let at = k * ${TILE_UNITS}u + local.x;
      ${product.results.map((name, block) => `${name} += rows * weights[${block * STRIP * TILE_UNITS}u + at];`).join('\n      ')}
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
  return ${loop.weight('place')};
}`;
  const code = `
${memory}
${loopFunctions(loop)}
${stageFunction(loop, index, loop)}
@compute @workgroup_size(16, 16)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let position = u.position;
  let unit = group.x * ${TILE_UNITS}u + local.x;
  let firstRow = group.y * ${TILE_ROWS}u + local.y * 4u;
  ${sums.map((name) => `var ${name} = vec4f();`).join('\n  ')}
  ${stage.products.map(multiply).join('\n  ')}
  if (unit >= u.units) { return; }
  for (var lane = 0u; lane < 4u; lane++) {
    let row = firstRow + lane;
    if (row < u.batch) { stage${index}(${['row', 'unit', 'position', ...sums.map((name) => `${name}[lane]`)].join(', ')}); }
  }
}`;
  const name = `${loop.name}, stage ${index}`;
  return { name, uniforms: uniformsIn(code), bindings: loop.bindings, code };
}
