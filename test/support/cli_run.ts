// Runs the built program, for the tests of the command line.
import { type ChildProcess, spawn } from 'node:child_process';
import { resolve } from 'node:path';
import * as assert from 'uvu/assert';

/** What Dawn says of lavapipe's limits, past everybody. */
const CHATTER = /^Warning: max\w+ artificially reduced from .*\n/gm;

export interface Ended {
  code: number | null;
  out: string;
  err: string;
}

export interface Runner {
  start(args: string[], env?: NodeJS.ProcessEnv): { child: ChildProcess; ended: Promise<Ended> };
  toroid(args: string[], env?: NodeJS.ProcessEnv): Promise<Ended>;
  /** Runs commands of which starting the program is most, as those that are refused: one after another in one process. */
  together(commands: readonly (readonly string[])[], env?: NodeJS.ProcessEnv): Promise<Ended[]>;
}

/** The program, working in `folder`. */
export function runner(folder: string): Runner {
  const bin = resolve('bin/toroid.mjs');
  // What was measured on this machine must not decide what a test sees.
  const node = (args: string[], env: NodeJS.ProcessEnv): ReturnType<Runner['start']> => {
    const child = spawn(process.execPath, args, {
      cwd: folder,
      env: { ...process.env, TOROID_TUNE: 'off', ...env },
    });
    let out = '';
    let err = '';
    child.stdout.on('data', (piece) => {
      out += piece;
    });
    child.stderr.on('data', (piece) => {
      err += piece;
    });
    const ended = new Promise<Ended>((done) => child.on('close', (code) => done({ code, out, err })));
    return { child, ended };
  };
  const start: Runner['start'] = (args, env = {}) => node([bin, ...args], env);
  const together: Runner['together'] = async (commands, env = {}) => {
    const args = [resolve('test/support/cli_together.mjs'), resolve('dist/cli.js'), JSON.stringify(commands)];
    const { out, err } = await node(args, env).ended;
    assert.is(err.replace(CHATTER, ''), '');
    return JSON.parse(out) as Ended[];
  };
  return { start, together, toroid: (args, env) => start(args, env).ended };
}

/** Runs every row, four at a time: most of the time of these goes into starting Node. */
export async function each<Row>(rows: readonly Row[], work: (row: Row) => Promise<void>): Promise<void> {
  const waiting = [...rows];
  const worker = async (): Promise<void> => {
    for (let row = waiting.shift(); row !== undefined; row = waiting.shift()) await work(row);
  };
  await Promise.all([worker(), worker(), worker(), worker()]);
}
