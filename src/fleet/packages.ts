// The optional packages of a fleet, as far as they are used. Declared here, because neither type checks nor the
// declarations of the library may need them to be installed.
import { loadOptional } from '../base/optional.node';

/** Under a name that type checks do not follow. */
const load = <T>(name: string, use: string): Promise<T> =>
  loadOptional(name, use, 'QueueError', async () => (await import(name)) as T);

export interface AwsClient {
  fetch(url: string, init?: RequestInit & { aws?: { signQuery?: boolean } }): Promise<Response>;
  sign(url: string, init?: RequestInit & { aws?: { signQuery?: boolean } }): Promise<Request>;
}
export interface AwsOptions {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
  readonly region: string;
  readonly service: 's3';
  readonly retries: number;
}
export const loadAws = (): Promise<{ AwsClient: new (options: AwsOptions) => AwsClient }> =>
  load('aws4fetch', 'signs requests to S3');

/** Of ioredis. */
export interface Redis {
  connect(): Promise<void>;
  info(section: string): Promise<string>;
  disconnect(): void;
  on(event: string, listener: (error: Error) => void): this;
  duplicate(options?: object): Redis;
}
export const loadRedis = (): Promise<{ Redis: new (url: string, options: object) => Redis }> =>
  load('ioredis', 'talks to Redis');

/** BullMQ loads it itself: this finds out whether it is there. */
export const loadPostgres = (): Promise<unknown> => load('pg', 'talks to PostgreSQL');

/** Of BullMQ. */
export interface QueuedJob<Data = unknown> {
  readonly id?: string;
  readonly data: Data;
  readonly progress: unknown;
  readonly attemptsMade: number;
  readonly attemptsStarted?: number;
  readonly stalledCounter?: number;
  readonly failedReason?: string;
  readonly returnvalue: unknown;
  readonly timestamp: number;
  readonly processedOn?: number;
  readonly finishedOn?: number;
  updateProgress(value: object): Promise<void>;
  updateData(data: Data): Promise<void>;
  log(line: string): Promise<unknown>;
  getState(): Promise<string>;
  moveToWait(token?: string): Promise<unknown>;
  retry(state?: 'failed' | 'completed'): Promise<void>;
  remove(): Promise<void>;
}
export interface Queue<Data = unknown> {
  add(name: string, data: Data, options: object): Promise<QueuedJob<Data>>;
  addBulk(jobs: readonly { name: string; data: Data; opts: object }[]): Promise<QueuedJob<Data>[]>;
  getJob(id: string): Promise<QueuedJob<Data> | undefined>;
  getJobState(id: string): Promise<string>;
  getJobs(types: readonly string[], start: number, end: number): Promise<(QueuedJob<Data> | undefined)[]>;
  getJobCounts(...types: string[]): Promise<Record<string, number>>;
  getJobLogs(id: string): Promise<{ logs: string[] }>;
  getWorkers(): Promise<{ name?: string; rawname?: string; addr?: string }[]>;
  waitUntilReady(): Promise<unknown>;
  close(): Promise<void>;
  on(event: string, listener: (error: Error) => void): this;
}
export interface Worker {
  run(): Promise<void>;
  pause(doNotWaitActive?: boolean): Promise<void>;
  close(force?: boolean): Promise<void>;
  // biome-ignore lint/suspicious/noExplicitAny: each event has arguments of its own
  on(event: string, listener: (...args: any[]) => void): this;
}
export type Processor<Data> = (job: QueuedJob<Data>, token?: string, signal?: AbortSignal) => Promise<unknown>;
export interface BullMq {
  readonly Queue: new <Data>(name: string, options: object, backend?: unknown) => Queue<Data>;
  readonly Worker: new <Data>(name: string, processor: Processor<Data>, options: object, backend?: unknown) => Worker;
  readonly createPostgresBackend: unknown;
  readonly UnrecoverableError: new (message: string) => Error;
  readonly WaitingError: new () => Error;
}
export const loadBullMq = (): Promise<BullMq> => load('bullmq', 'is the queue of a fleet');
