import { KERNEL_GROUPS, type Profile } from '../contenders/kernel-profile.js';
import type { Measured } from '../results.js';
import { titleOf } from '../workloads/workload.js';
import { alignedColumns, underTitle } from './columns.js';
import { speedOf, threeDigits } from './numbers.js';

/** How often something ran in a batch, and for how long altogether. */
interface Cost {
  readonly calls: number;
  readonly ms: number;
}

/** Kernels with less of a batch than this are put together. */
const LEAST_SHARE = 0.001;

/** Where the time of a training batch goes: by kernel and what it is for, then by purpose, then against its arithmetic. */
export function kernelTable(result: Measured, profile: Profile): string {
  const { contender, backend, flops, medianMs } = result;
  const { batches, batchMs, kernels } = profile;
  const figures = ({ calls, ms }: Cost) => [
    String(Math.round(calls)),
    threeDigits(ms),
    `${((100 * ms) / batchMs).toFixed(1)} %`,
  ];
  const shown = kernels.filter(({ ms }) => ms / batchMs >= LEAST_SHARE);
  const others = kernels.slice(shown.length);
  const purposes = costsByPurpose(profile);
  const whole = { calls: sumOf(kernels).calls, ms: batchMs };
  const speed = threeDigits(speedOf(result));
  return underTitle(`${titleOf(result)}: where a batch of ${contender} on ${backend} goes`, [
    ...alignedColumns(
      2,
      ['kernel', 'for', 'calls', 'ms', 'share'],
      [
        ...shown.map((each) => [each.kernel, each.group, ...figures(each)]),
        ...(others.length > 0 ? [[`${others.length} others`, '', ...figures(sumOf(others))]] : []),
      ],
    ),
    '',
    ...alignedColumns(
      1,
      ['for', 'calls', 'ms', 'share'],
      [...purposes.map(({ name, cost }) => [name, ...figures(cost)]), ['the whole batch', ...figures(whole)]],
    ),
    `means of ${batches} batches with a timer around every kernel, apart from the measured ones`,
    `${flops.toLocaleString('en')} flops of products, at ${speed} GFLOP/s in the measured median of ${threeDigits(medianMs)} ms`,
  ]);
}

/** Costs that add up to the batch's. The optimizer's time is all that it does, the other groups' is of kernels alone. */
function costsByPurpose({ batchMs, optimizerMs, kernels }: Profile): { name: string; cost: Cost }[] {
  const groups = KERNEL_GROUPS.map((name) => {
    const { calls, ms } = sumOf(kernels.filter(({ group }) => group === name));
    return { name, cost: { calls, ms: name === 'optimizer' ? optimizerMs : ms } };
  });
  const inGroups = sumOf(groups.map(({ cost }) => cost)).ms;
  return [...groups, { name: 'outside of kernels', cost: { calls: 0, ms: batchMs - inGroups } }];
}

const sumOf = (costs: readonly Cost[]): Cost => ({
  calls: costs.reduce((sum, { calls }) => sum + calls, 0),
  ms: costs.reduce((sum, { ms }) => sum + ms, 0),
});
