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
    { release: { ID: 'debian', VERSION_ID: '12' }, root: true },
    "echo 'deb http://deb.debian.org/debian bookworm-backports main' | tee /etc/apt/sources.list.d/bookworm-backports.list" +
      ' && apt-get update && apt-get install -y -t bookworm-backports mesa-vulkan-drivers libvulkan1',
  ],
  ['Fedora', { release: { ID: 'fedora' } }, 'sudo dnf install -y mesa-vulkan-drivers vulkan-loader'],
  [
    'Rocky',
    { release: { ID: 'rocky', ID_LIKE: 'rhel centos fedora' } },
    'sudo dnf install -y mesa-vulkan-drivers vulkan-loader',
  ],
  ['another Linux', { release: { ID: 'void' } }, 'npm install @sparticuz/chromium tar-fs'],
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
