// Six families, in a format of two comments and a row a number: prom-client would save nothing, nor would pino for a log of
// one JSON.stringify. serve.test.ts holds both to their formats.
import { VERSION } from '../base/version';

/** Upper bounds of the histogram of requests, seconds. */
const BOUNDS = [0.01, 0.05, 0.25, 1, 5, 25, 100];

type Rows = readonly (readonly [labels: string, value: number])[];

/** Writes Prometheus' text format 0.0.4. */
const metric = (name: string, kind: 'gauge' | 'counter' | 'histogram', about: string, rows: Rows): string =>
  `# HELP ${name} ${about}\n# TYPE ${name} ${kind}\n${rows.map(([labels, n]) => `${name}${labels} ${n}\n`).join('')}`;

/** What a service counts of its requests. */
export class RequestMetrics {
  readonly #answers = new Map<number, number>();
  readonly #within = BOUNDS.map(() => 0);
  #count = 0;
  #seconds = 0;

  /** @param listens whether it is one that lasts as long as somebody listens */
  count(status: number, seconds: number, listens: boolean): void {
    this.#answers.set(status, (this.#answers.get(status) ?? 0) + 1);
    if (listens) return;
    this.#count++;
    this.#seconds += seconds;
    for (const [k, bound] of BOUNDS.entries()) if (seconds <= bound) this.#within[k] = (this.#within[k] ?? 0) + 1;
  }

  /** @param bodies bytes of the requests that are being read */
  text(jobs: Readonly<Record<string, number>>, bodies: number): string {
    const states = Object.entries(jobs).map(([state, n]) => [`{state="${state}"}`, n] as const);
    const answers = [...this.#answers].map(([status, n]) => [`{status="${status}"}`, n] as const);
    const within = BOUNDS.map((bound, k) => [`_bucket{le="${bound}"}`, this.#within[k] ?? 0] as const);
    const all = [['_bucket{le="+Inf"}', this.#count] as const, ['_sum', this.#seconds] as const];
    return [
      metric('toroid_info', 'gauge', 'version', [[`{version="${VERSION}"}`, 1]]),
      metric('toroid_jobs', 'gauge', 'jobs by state', states),
      metric('toroid_request_bytes', 'gauge', 'of requests being read', [['', bodies]]),
      metric('toroid_requests_total', 'counter', 'by status', answers),
      metric('toroid_request_seconds', 'histogram', 'from the head of a request to the end of its answer', [
        ...within,
        ...all,
        ['_count', this.#count],
      ]),
      metric('process_resident_memory_bytes', 'gauge', 'of this process', [['', process.memoryUsage.rss()]]),
    ].join('');
  }
}
