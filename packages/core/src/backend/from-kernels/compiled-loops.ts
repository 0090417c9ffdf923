import type { Loop, LoopStage } from '../../loop/loop.js';
import { remember } from '../../remember.js';
import type { AnyKernels } from './matrices.js';

/** The compiled program of every stage of a loop. */
export interface CompiledLoop {
  readonly before: readonly unknown[];
  readonly body: readonly unknown[];
  readonly after: readonly unknown[];
}

/** Compiles a loop's programs once for a device. */
export function loopCompiler({ compile }: AnyKernels<never>): (loop: Loop) => CompiledLoop {
  const once = remember<Loop, CompiledLoop>();
  return (loop) =>
    once(loop, '', () => {
      const compileAll = (stages: readonly LoopStage<unknown>[]) =>
        stages.map(({ program, width }) => compile(program, width, loop.byRows === -1));
      return {
        before: compileAll(loop.before),
        body: compileAll(loop.body),
        after: compileAll(loop.after),
      };
    });
}
