// The script for SLURM, run by SLURM: as an array, stopped before its time is up, and cancelled.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { long } from '../support/all';
import { runner } from '../support/cli_run';
import { smallRecipe } from '../support/fleet';
import { needs } from '../support/needs';
import { hasSlurm, type Slurm, startSlurm } from '../support/slurm';
import { until } from '../support/until';

const test = suite('SLURM');
const slurmed = needs(long(test), hasSlurm, 'no SLURM and munge (apt-get install slurm-wlm munge), or not root');
const folder = mkdtempSync(join(tmpdir(), 'toroid-sbatch-'));
const at = (name: string): string => join(folder, name);
const { toroid } = runner(folder);

let started: Promise<Slurm> | undefined;
/** With `toroid` on the path of its jobs. */
const slurm = (): Promise<Slurm> => {
  mkdirSync(at('bin'));
  writeFileSync(at('bin/toroid'), `#!/bin/sh\nexec "${process.execPath}" "${resolve('bin/toroid.mjs')}" "$@"\n`);
  chmodSync(at('bin/toroid'), 0o755);
  return startSlurm({ PATH: `${at('bin')}:${process.env.PATH}`, TOROID_TUNE: 'off' });
};
test.after(async () => {
  await (await started)?.stop();
  rmSync(folder, { recursive: true });
});

/** Gives the script of the examples, with a small job, to SLURM. @returns the number of the job; its output: `<name>.<part>` */
async function submit(name: string, recipe: string, over: string, array: string): Promise<string> {
  started ??= slurm();
  const told = readFileSync('examples/fleet/sbatch.sh', 'utf8');
  const script = told
    .replace('texture -i style=stone.png', at(recipe))
    .replace('seed=1..1000', over)
    .replaceAll('/nfs/', at(`${name}.`));
  assert.is(script.split(folder).length, 4, told);
  writeFileSync(at(`${name}.sh`), script);
  return (await started)
    .run('sbatch', '--parsable', `--array=${array}`, `--output=${at(`${name}.%a`)}`, at(`${name}.sh`))
    .trim();
}

const stateOf = async (task: string): Promise<string> =>
  /JobState=(\w+)/.exec(await (await (started as Promise<Slurm>)).run('scontrol', 'show', 'job', task))?.[1] ?? '';
const said = (name: string): string => (existsSync(at(name)) ? readFileSync(at(name), 'utf8') : '');

slurmed('the parts of an array are together the whole sweep, byte for byte', async () => {
  const job = await submit('whole', smallRecipe(folder, 'r.json', 3), 'seed=1..7', '1-3');
  for (const part of [1, 2, 3]) {
    await until(async () => /COMPLETED|FAILED/.test(await stateOf(`${job}_${part}`)), `part ${part} is over`);
    assert.match(said(`whole.${part}`), part === 1 ? /done 3\/3 seed=7\n/ : /done 2\/2 /);
  }
  const alone = await toroid(['sweep', 'r.json', '--over', 'seed=1..7', '-o', 'alone', '--store', 'other']);
  assert.is(alone.code, 0, alone.err);
  const pictures = (of: string): string[] => readdirSync(at(of)).filter((f) => /^\d.*\.png$/.test(f));
  assert.is(pictures('alone').length, 7);
  assert.equal(pictures('whole.tiles'), pictures('alone'));
  for (const f of pictures('alone'))
    assert.equal(readFileSync(at(`whole.tiles/${f}`)), readFileSync(at(`alone/${f}`)), f);
});

slurmed('a part that is stopped is queued again and goes on from its checkpoint; a cancelled one is not', async () => {
  const job = await submit('stopped', smallRecipe(folder, 'endless.json', 100_000, { kind: 'patches' }), 'seed=1', '1');
  const { run } = await (started as Promise<Slurm>);
  const kept = at('stopped.fleet/checkpoints');
  await until(async () => {
    assert.not.match(await stateOf(job), /FAILED|COMPLETED/, said('stopped.1'));
    return existsSync(kept) && readdirSync(kept).length > 0;
  }, 'a checkpoint');
  run('scancel', '--signal=TERM', job); // as `--signal` of the script does: to its steps alone
  const idle = (): boolean => run('sinfo', '-h', '-o', '%T').trim() === 'idle';
  await until(async () => (await stateOf(job)) === 'PENDING' && idle(), 'it is queued again');
  // SLURM waits two minutes otherwise. It does not start a job in the second in which it ended: its credential is revoked.
  run('scontrol', 'update', `JobId=${job}`, 'StartTime=now+2');
  await until(() => /seed=1: going on from its checkpoint/.test(said('stopped.1')), 'it goes on');
  run('scancel', job);
  await until(async () => (await stateOf(job)) === 'CANCELLED', 'it is cancelled');
  assert.is(said('stopped.1').match(/Stopping; run it again to go on/g)?.length, 2);
  assert.is(readdirSync(kept).length, 1);
});

test.run();
