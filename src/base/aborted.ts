/** What loops look at between two batches of work: an AbortSignal, or several as one. */
export type Aborted = Pick<AbortSignal, 'aborted'>;

/** Aborted when one of them is. `AbortSignal.any` is younger than the oldest browser with WebGPU. */
export function anyAborted(...signals: readonly (Aborted | undefined)[]): Aborted {
  return {
    get aborted() {
      return signals.some((s) => s?.aborted);
    },
  };
}
