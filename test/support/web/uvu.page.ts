// In a page, `uvu` is this: it collects tests, and runs them when it is asked to. See bundle.ts.
type Body = () => void | Promise<void>;
interface Suite {
  (name: string, body: Body): void;
  skip(name: string): void;
  run(): void;
}

const all: { readonly test: string; readonly body: Body }[] = [];

export function suite(of: string): Suite {
  const test = (name: string, body: Body): void => {
    all.push({ test: `${of}: ${name}`, body });
  };
  // Support/needs keeps what was skipped, and why.
  return Object.assign(test, { skip: () => {}, run: () => {} });
}

export interface Outcome {
  readonly test: string;
  /** Nothing: it passed. */
  readonly error?: string;
}

/** Runs all tests that were collected, a few at a time, so that kernels of one compile while another's run. */
export async function runAll(): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  const left = all.values();
  const work = async (): Promise<void> => {
    for (const { test, body } of left) {
      try {
        await body();
        outcomes.push({ test });
      } catch (cause) {
        outcomes.push({ test, error: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause) });
      }
    }
  };
  await Promise.all([work(), work(), work(), work()]);
  return outcomes;
}
