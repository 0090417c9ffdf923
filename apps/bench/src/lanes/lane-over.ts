import type { Answer, Lane, Replies, Request } from './messages.js';

/** What a lane needs of the thread it runs in. */
export interface LaneThread {
  send(request: Request): void;
  /** Ends it, in the middle of whatever it does. */
  end(): void;
}

/** A lane, and where its thread's answer and end are to be told. */
export interface LaneOver {
  readonly lane: Lane;
  answered(answer: Answer): void;
  /** The thread is gone or useless; what is asked now and later is rejected with the first reason. */
  ended(reason: string): void;
}

/** The lane of a thread, of whatever kind. */
export function laneOver(thread: LaneThread): LaneOver {
  let settle: ((answer: Answer) => void) | undefined;
  let over: string | undefined;
  const ended = (reason: string) => {
    over ??= reason;
    settle?.({ failure: over });
  };
  return {
    answered: (answer) => settle?.(answer),
    ended,
    lane: {
      async ask<R extends Request>(request: R) {
        if (over !== undefined) throw new Error(over);
        const answer = await new Promise<Answer>((resolve) => {
          settle = resolve;
          thread.send(request);
        });
        if ('failure' in answer) throw new Error(answer.failure);
        return answer.reply as Replies[R['kind']];
      },
      stop() {
        ended('it was stopped');
        thread.end();
      },
    },
  };
}
