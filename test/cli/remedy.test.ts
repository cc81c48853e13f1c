import { execFileSync } from 'node:child_process';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { driverHint, inspectSystem, type System } from '../../src/cli/driver_hint';

const test = suite('cli remedy');

const bare: System = {
  platform: 'linux',
  arch: 'x64',
  release: { ID: 'debian', VERSION_ID: '13' },
  root: false,
  loader: false,
  drivers: [],
  nvidia: false,
};

const commands: [string, Partial<System>, string | undefined][] = [
  ['Debian 13', {}, 'sudo apt-get update && sudo apt-get install -y mesa-vulkan-drivers libvulkan1'],
  ['as root', { root: true }, 'apt-get update && apt-get install -y mesa-vulkan-drivers libvulkan1'],
  [
    'Ubuntu',
    { release: { ID: 'ubuntu', ID_LIKE: 'debian' } },
    'sudo apt-get update && sudo apt-get install -y mesa-vulkan-drivers libvulkan1',
  ],
  [
    'Debian 12, whose own Mesa is too old',
    { release: { ID: 'debian', VERSION_ID: '12' }, root: true, deb822: true },
    `awk 'BEGIN{RS=""} NR==1' /etc/apt/sources.list.d/debian.sources | sed 's/^Suites:.*/Suites: bookworm-backports/'` +
      ' | tee /etc/apt/sources.list.d/backports.sources' +
      ' && apt-get update && apt-get install -y -t bookworm-backports mesa-vulkan-drivers libvulkan1',
  ],
  [
    'Debian 12 with one-line sources',
    { release: { ID: 'debian', VERSION_ID: '12' } },
    `sed -n 's/^\\(deb .*\\) bookworm main.*/\\1 bookworm-backports main/p' /etc/apt/sources.list | head -n 1` +
      ' | sudo tee /etc/apt/sources.list.d/backports.list' +
      ' && sudo apt-get update && sudo apt-get install -y -t bookworm-backports mesa-vulkan-drivers libvulkan1',
  ],
  ['Fedora', { release: { ID: 'fedora' } }, 'sudo dnf install -y mesa-vulkan-drivers vulkan-loader'],
  [
    'Rocky',
    { release: { ID: 'rocky', ID_LIKE: 'rhel centos fedora' } },
    'sudo dnf install -y mesa-vulkan-drivers vulkan-loader',
  ],
  ['another Linux', { release: { ID: 'void' } }, 'npm install @sparticuz/chromium'],
  ['another Linux on ARM', { release: { ID: 'void' }, arch: 'arm64' }, undefined],
  ['macOS', { platform: 'darwin', arch: 'arm64', release: {} }, undefined],
  ['a variable that points elsewhere', { override: 'VK_DRIVER_FILES=/x' }, 'unset VK_DRIVER_FILES VK_ICD_FILENAMES'],
  ['NVIDIA in a container without graphics', { nvidia: true, loader: true }, undefined],
];
test('with no adapter there is one command, where one helps', () => {
  for (const [name, change, command] of commands) {
    const found = driverHint('none', { ...bare, ...change });
    assert.ok(found && found.why.length > 0, name);
    assert.is(found.command, command, name);
  }
});

test('backports come from the mirror that the machine has, by its own keys', () => {
  const of = (deb822: boolean, file: string, text: string): string => {
    const system = { ...bare, release: { ID: 'debian', VERSION_ID: '12' }, root: true, deb822 };
    const [made = ''] = (driverHint('none', system)?.command ?? '').split(' | tee ');
    const here = made.replace(` ${file}`, ' -');
    return execFileSync('sh', ['-c', here], { input: text, encoding: 'utf8' });
  };
  const source = (uris: string, suites: string): string =>
    `Types: deb\nURIs: ${uris}\nSuites: ${suites}\nComponents: main\nSigned-By: /keys/ours.gpg\n`;
  const mirror = 'http://mirror.example/debian';
  const both = `${source(mirror, 'bookworm bookworm-updates')}\n${source(`${mirror}-security`, 'bookworm-security')}`;
  assert.is(of(true, '/etc/apt/sources.list.d/debian.sources', both), source(mirror, 'bookworm-backports'));
  assert.is(
    of(false, '/etc/apt/sources.list', `deb ${mirror} bookworm main contrib\ndeb ${mirror} bookworm-updates main\n`),
    `deb ${mirror} bookworm-backports main\n`,
  );
});

test('it says which part is missing', () => {
  const why = (change: Partial<System>): string => driverHint('none', { ...bare, ...change })?.why ?? '';
  assert.match(why({}), /libvulkan\.so\.1\) is not installed/);
  assert.match(why({ loader: true }), /but no Vulkan driver/);
  assert.match(why({ loader: true, drivers: ['lvp_icd.json'] }), /\(lvp_icd\.json\).* too old/);
  assert.match(why({ nvidia: true }), /NVIDIA_DRIVER_CAPABILITIES=all/);
});

test('what runs needs no mending, but a GPU left unused does', () => {
  assert.is(driverHint('gpu', { ...bare, nvidia: true }), null);
  assert.is(driverHint('software', bare), null);
  assert.ok(driverHint('software', { ...bare, nvidia: true }));
  assert.is(driverHint('software', { ...bare, nvidia: true, drivers: ['nvidia_icd.json'] }), null);
});

test('this system can be looked at', () => {
  assert.is(inspectSystem().platform, process.platform);
});

test.run();
