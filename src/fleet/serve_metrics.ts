import type * as PromClient from 'prom-client';
import { VERSION } from '../base/version';
import type { ServeJobs } from './serve_jobs';
import type { BodyBudget } from './serve_request';

/** Upper bounds of the histogram of requests, seconds. */
const buckets = [0.01, 0.05, 0.25, 1, 5, 25, 100];

/** What a service counts, for Prometheus. */
export class ServeMetrics {
  readonly registry: PromClient.Registry;
  readonly #answers: PromClient.Counter;
  readonly #within: PromClient.Histogram;

  constructor(
    { Counter, Gauge, Histogram, Registry, collectDefaultMetrics }: typeof PromClient,
    jobs: ServeJobs,
    bodies: BodyBudget,
  ) {
    const register = new Registry();
    this.registry = register;
    collectDefaultMetrics({ register }); // of this process: memory, processor, how late its event loop is
    const registers = [register];
    const family = (name: string, help: string, ...labelNames: string[]) => ({ name, help, labelNames, registers });
    new Gauge(family('toroid_info', 'version', 'version')).set({ version: VERSION }, 1);
    new Gauge({
      ...family('toroid_jobs', 'jobs by state', 'state'),
      async collect() {
        for (const [state, n] of Object.entries(await jobs.counts())) this.set({ state }, n);
      },
    });
    new Gauge({
      ...family('toroid_request_bytes', 'of requests being read'),
      collect() {
        this.set(bodies.used);
      },
    });
    this.#answers = new Counter(family('toroid_requests_total', 'by status', 'status'));
    const about = 'from the head of a request to the end of its answer';
    this.#within = new Histogram({ ...family('toroid_request_seconds', about), buckets });
  }

  /** @param listens whether it is a request that lasts as long as somebody listens */
  count(status: number, seconds: number, listens: boolean): void {
    this.#answers.inc({ status });
    if (!listens) this.#within.observe(seconds);
  }
}
