#!/usr/bin/env node
// An old Node fails deep inside a dependency: say it plainly instead.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 9)) {
  console.error(`toroid needs Node 20.9 or newer; this is ${process.version}`);
  process.exitCode = 1;
} else {
  await import('../dist/cli.js');
}
