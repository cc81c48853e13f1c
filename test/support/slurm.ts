// A SLURM of the test's own: one node, this machine, with its own munge, in a folder of its own. It runs as root, as SLURM does.
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './redis';
import { until } from './until';

const PROGRAMS = ['munged', 'slurmctld', 'slurmd', 'sbatch'];
/** Whether tests of SLURM can run here. */
export const hasSlurm =
  process.getuid?.() === 0 && PROGRAMS.every((name) => spawnSync(name, ['--version']).error === undefined);

export interface Slurm {
  /** Runs one of its commands. @returns what that printed */
  run(command: string, ...args: readonly string[]): string;
  stop(): Promise<void>;
}

/** @param env for its jobs, beside that of this process */
export async function startSlurm(env: NodeJS.ProcessEnv): Promise<Slurm> {
  const folder = mkdtempSync(join(tmpdir(), 'toroid-slurm-'));
  const at = (name: string): string => join(folder, name);
  chmodSync(folder, 0o755);
  for (const name of ['munge', 'state', 'spool']) mkdirSync(at(name), 0o700);
  writeFileSync(at('munge/key'), randomBytes(1024), { mode: 0o400 });
  const [name] = hostname().split('.');
  const settings = {
    ClusterName: 'test',
    SlurmctldHost: `${name}(127.0.0.1)`,
    ...{ SlurmctldPort: await freePort(), SlurmdPort: await freePort() },
    ...{ SlurmUser: 'root', SlurmdUser: 'root', AuthType: 'auth/munge', AuthInfo: `socket=${at('socket')}` },
    ...{ StateSaveLocation: at('state'), SlurmdSpoolDir: at('spool'), SlurmdParameters: 'config_overrides' },
    ...{ SlurmctldPidFile: at('slurmctld.pid'), SlurmdPidFile: at('slurmd.pid') },
    ...{ ProctrackType: 'proctrack/linuxproc', TaskPlugin: 'task/none', JobAcctGatherType: 'jobacct_gather/none' },
    ...{ SelectType: 'select/cons_tres', SelectTypeParameters: 'CR_Core', GresTypes: 'gpu', MpiDefault: 'none' },
  };
  const lines = [
    ...Object.entries(settings).map(([key, value]) => `${key}=${value}`),
    `NodeName=${name} NodeAddr=127.0.0.1 CPUs=4 Gres=gpu:2 State=UNKNOWN`,
    `PartitionName=all Nodes=${name} Default=YES State=UP`,
  ];
  writeFileSync(at('slurm.conf'), `${lines.join('\n')}\n`);
  writeFileSync(at('gres.conf'), `Name=gpu File=${at('gpu[0-1]')}\n`);
  for (const gpu of ['gpu0', 'gpu1']) writeFileSync(at(gpu), '');
  const munge = {
    'key-file': 'munge/key',
    'pid-file': 'munge/pid',
    'log-file': 'munge/log',
    'seed-file': 'munge/seed',
  };
  const own = { ...process.env, ...env, SLURM_CONF: at('slurm.conf') };
  const started: ChildProcess[] = [];
  const start = (program: string, ...args: readonly string[]): number =>
    started.unshift(spawn(program, args, { env: own, stdio: 'ignore' }));
  const files = Object.entries({ ...munge, socket: 'socket' }).map(([key, file]) => `--${key}=${at(file)}`);
  start('munged', '--foreground', '--force', ...files);
  start('slurmctld', '-D');
  start('slurmd', '-D');
  const run: Slurm['run'] = (command, ...args) =>
    execFileSync(command, args, { env: own, encoding: 'utf8', cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  const says = (command: string, ...args: readonly string[]): string => {
    const { stdout } = spawnSync(command, args, { env: own, encoding: 'utf8' });
    return stdout.trim();
  };
  await until(() => says('sinfo', '-h', '-o', '%T') === 'idle', 'a node that waits for jobs');
  return {
    run,
    stop: async () => {
      run('scancel', '-u', 'root');
      await until(() => says('squeue', '-h') === '', 'no job is left');
      for (const program of started) {
        program.kill('SIGTERM');
        if (program.exitCode === null && program.signalCode === null) await once(program, 'exit');
      }
      rmSync(folder, { recursive: true });
    },
  };
}
