// What the bench and the processes it starts say to each other: by node's channel, or, pytorch.py, in lines of JSON.
import type { Job, Target } from './work';

export type Request =
  | { readonly op: 'open' }
  /** Gram matrices for all engines to reach; asked of our own. */
  | { readonly op: 'targets'; readonly job: Job }
  /** Prepares the work, compiles what it takes, and does it once. */
  | { readonly op: 'first'; readonly job: Job; readonly targets: readonly Target[] }
  | { readonly op: 'time'; readonly times: number };

export type Reply =
  | { readonly op: 'open'; readonly ms: number; readonly version: string; readonly adapter: string }
  | { readonly op: 'targets'; readonly targets: readonly Target[] }
  | {
      readonly op: 'first';
      /** From the data on the host to the first loss, compilation included. */
      readonly ms: number;
      readonly loss: number;
      readonly gradient: Float32Array<ArrayBuffer> | null;
    }
  /** Milliseconds a run, the mean of `times`, and the last loss; by the processor's time of all its threads too. */
  | { readonly op: 'time'; readonly ms: number; readonly cpuMs?: number; readonly loss: number }
  | { readonly op: 'failed'; readonly message: string };
