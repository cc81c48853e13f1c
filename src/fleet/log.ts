/** What is said of an event beside its words; no pictures, tokens or passwords. */
export interface LogFacts {
  /** `warn`: it may be that nobody has to do anything; `error`: somebody has to. */
  readonly level?: 'info' | 'warn' | 'error';
  readonly [name: string]: unknown;
}

/** Says what happened to whoever runs this. */
export type Say = (msg: string, facts?: LogFacts) => void;

/** A line of a log, as what collects logs wants them: JSON with `level` and `time` first. */
export const logLine = ({ level = 'info', ...facts }: LogFacts): string =>
  JSON.stringify({ level, time: new Date().toISOString(), ...facts });
