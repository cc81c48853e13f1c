/** What is said of an event beside its words; no pictures, tokens or passwords. */
export interface LogFacts {
  /** `warn`: it may be that nobody has to do anything; `error`: somebody has to. */
  readonly level?: Level;
  readonly [name: string]: unknown;
}
type Level = 'info' | 'warn' | 'error';

/** Says what happened to whoever runs this. */
export type Say = (msg: string, facts?: LogFacts) => void;

/** Of pino, as far as jobs use it. */
export type Log = Readonly<Record<Level, (facts: object, msg?: string) => void>>;
