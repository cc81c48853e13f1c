// What examples/fleet has for schedulers: every command in it is one, and is run, with a smaller job, another place and another
// port. What starts the commands there (SLURM, in slurm.test.ts; Docker, Kubernetes, systemd) is not part of it.
import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parse, parseAllDocuments } from 'yaml';
import { builtinRecipe } from '../../src/recipes/builtin';
import { long } from '../support/all';
import { type Ended, runner } from '../support/cli_run';
import { NO_REDIS, smallRecipe } from '../support/fleet';
import { needs } from '../support/needs';
import { freePort, hasRedis, startRedis } from '../support/redis';
import { until } from '../support/until';

const test = suite('files for schedulers');
const folder = mkdtempSync(join(tmpdir(), 'toroid-schedulers-'));
const at = (name: string): string => join(folder, name);
const { start, toroid } = runner(folder);
/** What is left to end where a test failed. */
const begun: (() => unknown)[] = [];
test.after(async () => {
  for (const end of begun) await end();
  rmSync(folder, { recursive: true });
});

const told = (name: string): string => readFileSync(`examples/fleet/${name}`, 'utf8');
interface Service {
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}
const { services } = parse(told('compose.yaml'), { merge: true }) as { services: Record<string, Service> };
interface Kind {
  readonly spec: { readonly template: { readonly spec: { readonly containers: { readonly args: string[] }[] } } };
}
const [ofJob = [], ofDeployment = []] = parseAllDocuments(told('job.yaml')).map(
  (document) => (document.toJS() as Kind).spec.template.spec.containers[0]?.args,
);
const ofUnit = /^ExecStart=\/usr\/local\/bin\/toroid (.*)$/m.exec(told('toroid-work.service'))?.[1]?.split(' ') ?? [];

/** Replaces what a machine of the test's own has otherwise; each has to be there. */
const instead = (text: string, by: Readonly<Record<string, string>>): string =>
  Object.entries(by).reduce((now, [was, is]) => {
    assert.ok(now.includes(was), `${was} in ${text}`);
    return now.replaceAll(was, is);
  }, text);

/** What it has written to a stream, as it comes. */
function heard(child: ChildProcess, stream: 'stdout' | 'stderr'): () => string {
  let all = '';
  child[stream]?.on('data', (piece) => {
    all += piece;
  });
  return () => all;
}

/** Runs a script of the examples, with this `toroid` on its path. */
async function script(name: string, by: Readonly<Record<string, string>>): Promise<Ended> {
  mkdirSync(at('bin'), { recursive: true });
  writeFileSync(at('bin/toroid'), `#!/bin/sh\nexec "${process.execPath}" "${resolve('bin/toroid.mjs')}" "$@"\n`, {
    mode: 0o755,
  });
  const env = { ...process.env, TOROID_TUNE: 'off', PATH: `${at('bin')}:${process.env.PATH}` };
  const child = spawn('sh', ['-euc', instead(told(name), by)], { cwd: folder, env });
  const [out, err] = [heard(child, 'stdout'), heard(child, 'stderr')];
  return new Promise((done) => child.on('close', (code) => done({ code, out: out(), err: err() })));
}

long(test)('Kubernetes: the parts of the job are together the whole sweep', async () => {
  smallRecipe(folder, 'sweep.json', 2);
  copyFileSync('examples/sand.png', at('stone.png'));
  const by = { '/in/': `${folder}/`, 's3://textures/fleet': 'job.store', '/tmp/tiles': 'parts', '1..1000': '1..9' };
  const args = instead(ofJob.join('\n'), by).split('\n');
  for (const part of Array.from({ length: 8 }, (_, k) => k)) {
    const { code, err } = await toroid(args, { JOB_COMPLETION_INDEX: `${part}` });
    assert.is(code, 0, err);
    assert.match(err, part === 0 ? /done 2\/2 seed=9\n/ : new RegExp(`done 1/1 seed=${part + 1}\\n`));
  }
  const alone = [...instead(args.join('\n'), { '--shard\nauto/8\n': '', parts: 'whole' }).split('\n')];
  const { code, err } = await toroid(alone);
  assert.is(code, 0, err);
  const pictures = readdirSync(at('whole')).filter((f) => /^\d.*\.png$/.test(f));
  assert.is(pictures.length, 9);
  for (const f of pictures) assert.equal(readFileSync(at(`whole/${f}`)), readFileSync(at(`parts/${f}`)), f);
});

needs(
  long(test),
  hasRedis,
  NO_REDIS,
)(
  'compose, systemd, Deployment and the scripts: a worker does what a script submits and a service is asked for',
  async () => {
    const [program, ...settings] = services.redis?.command ?? [];
    assert.is(program, 'redis-server');
    const redis = await startRedis(...settings);
    begun.push(redis.stop);
    const env = { TOROID_QUEUE: redis.url, TOROID_STORE: at('store') };
    assert.equal(Object.keys(services.work?.environment ?? {}), Object.keys(env));
    const port = `${await freePort()}`;
    const { err: token, out: line } = await toroid(['serve', '--new-token', 'me']);
    writeFileSync(at('tokens'), line);
    const serving = instead((services.serve?.command ?? []).join('\n'), {
      '0.0.0.0': '127.0.0.1',
      '/run/secrets/tokens': at('tokens'),
    }).split('\n');
    const [serve, ...workers] = [
      start([...serving, '--port', port], env),
      start(ofUnit, env),
      start(
        instead(ofDeployment.join('\n'), { 'redis://redis:6379': redis.url, 's3://textures/fleet': at('store') }).split(
          '\n',
        ),
      ),
    ];
    begun.push(
      ...[serve, ...workers].map(
        ({ child }) =>
          () =>
            child.kill('SIGKILL'),
      ),
    );
    const [url, ...lines] = [heard(serve.child, 'stdout'), ...workers.map(({ child }) => heard(child, 'stderr'))];
    await until(() => {
      for (const { child } of [serve, ...workers]) assert.is(child.exitCode, null, child.spawnargs.join(' '));
      return url().includes(port) && lines.every((said) => said().includes('takes jobs from'));
    }, 'all wait for jobs');

    smallRecipe(folder, 'r.json', 2);
    const quick = await script('quick.sh', {
      'redis://queue:6379': redis.url,
      's3://textures/fleet': at('store'),
      'texture -i style=stone.png': 'r.json',
      '1..1000': '1..3',
    });
    assert.is(quick.code, 0, quick.err);
    assert.is(readdirSync(at('tiles')).filter((f) => f.endsWith('.png')).length, 3);
    copyFileSync('examples/sand.png', at('stone.jpg'));
    writeFileSync(at('copy.json'), JSON.stringify({ ...builtinRecipe('texture-copy'), size: 64 }));
    const http = await script('http.sh', {
      '127.0.0.1:8080': `127.0.0.1:${port}`,
      'curl -sS': `curl -sS -H "Authorization: Bearer ${token.trim()}"`,
      'curl -sN': `curl -sN -H "Authorization: Bearer ${token.trim()}"`,
      'recipe=texture-copy': 'recipe=@copy.json',
    });
    assert.is(http.code, 0, http.err);
    assert.equal([...readFileSync(at('stone.tile.png')).subarray(1, 4)], [...Buffer.from('PNG')]);
    for (const { child, ended } of [serve, ...workers]) {
      child.kill('SIGTERM');
      const { code, err } = await ended;
      assert.is(code, 0, err);
    }
  },
);

test('systemd: what is wrong usage ends with the code that is not tried again', async () => {
  const { code } = await toroid(ofUnit, { TOROID_QUEUE: undefined });
  assert.match(told('toroid-work.service'), new RegExp(`^RestartPreventExitStatus=${code}$`, 'm'));
});

test.run();
