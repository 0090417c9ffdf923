import type { Plan } from '@sluice/core';
import { type Loop, loopOf } from '@sluice/core/backend';

type Stage = Loop['body'][number] | Loop['after'][number];

/** The loops that every device runs for a plan, forward and backward: matrix products, and programs that are fused to one kernel. */
export function loopText(plan: Plan): string {
  const passes = [
    ['Forward', 'inference'],
    ['Backward', 'gradient'],
  ] as const;
  return passes
    .map(([title, pass]) => `${title}\n${textOf(loopOf(plan, pass, { masked: 'no', x: 'steps' }))}`)
    .join('\n\n');
}

function textOf(loop: Loop): string {
  const name = ({
    buffer,
    at,
    column,
    width,
  }: {
    buffer: number;
    at?: string;
    column?: number;
    width?: number;
  }) => {
    const { name, width: whole } = loop.buffers[buffer];
    const columns =
      column !== undefined && width !== undefined && width < whole ? `[${column}:${column + width}]` : '';
    return `${name}${columns}${at === 'before' ? ' (step before)' : ''}`;
  };
  const stage = ({ products, program }: Stage): string[] => [
    ...products.map((product) => {
      if (product.kind === 'row')
        return `  ${name(product.result)} = ${product.name}(${name(product.operand)})`;
      if (product.kind === 'weights')
        return `  ${name(product.result)} += transposed ${name(product.left)} × ${name(product.right)}`;
      const weights = `${name(product.weights)}${product.transposed ? ' transposed' : ''}`;
      return `  ${name(product.result)} ${product.accumulate ? '+=' : '='} ${name(product.left)} × ${weights}`;
    }),
    ...(program.stores.length > 0 ? ['  one kernel:'] : []),
    ...program.operations.map((operation, i) => {
      const at = program.loads.length + program.constants.length;
      const value = (number: number): string => {
        if (number < program.loads.length) return name(program.loads[number]);
        return number < at ? String(program.constants[number - program.loads.length]) : `v${number - at + 1}`;
      };
      return `    v${i + 1} = ${operation.name}(${operation.inputs.map(value).join(', ')})`;
    }),
    ...program.stores.map(({ value, slot }) => {
      const at = program.loads.length + program.constants.length;
      const from =
        value >= at ? `v${value - at + 1}` : value < program.loads.length ? name(program.loads[value]) : '0';
      return `    ${name(slot)} ${slot.sum ? '+=' : '='} ${from}`;
    }),
  ];
  const parts = [
    ['once for many steps, before them', loop.before],
    ['each step', loop.body],
    ['once for many steps, after them', loop.after],
  ] as const;
  return parts
    .filter(([, stages]) => stages.length > 0)
    .map(([title, stages]) => [`${title}:`, ...stages.flatMap((each: Stage) => stage(each))].join('\n'))
    .join('\n');
}
