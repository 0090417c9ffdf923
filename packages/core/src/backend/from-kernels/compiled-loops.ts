import type { Loop, LoopStage } from '../../loop/loop.js';
import type { AnyKernels } from './matrices.js';

/** The compiled program of every stage of a loop. */
export interface CompiledLoop {
  readonly before: readonly unknown[];
  readonly body: readonly unknown[];
  readonly after: readonly unknown[];
}

/** Compiles a loop's programs once for a device. */
export class CompiledLoops {
  private readonly known = new WeakMap<Loop, CompiledLoop>();
  constructor(private readonly kernels: AnyKernels<never>) {}

  of(loop: Loop): CompiledLoop {
    const found = this.known.get(loop);
    if (found) return found;
    const compile = (stages: readonly LoopStage<unknown>[]) =>
      stages.map(({ program, width }) => this.kernels.compile(program, width));
    const compiled = {
      before: compile(loop.before),
      body: compile(loop.body),
      after: compile(loop.after),
    };
    this.known.set(loop, compiled);
    return compiled;
  }
}
