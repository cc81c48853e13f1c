#!/usr/bin/env node
// What fails before there is a program to explain it: an old Node (deep inside a dependency), a clone not yet built.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 10)) {
  console.error(`toroid needs Node 20.10 or newer; this is ${process.version}`);
  process.exitCode = 1;
} else {
  try {
    await import('../dist/cli.js');
  } catch (error) {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    console.error(`toroid is not complete: ${error.message.split(' imported from')[0]}`);
    console.error('  Run `npm install` and `npm run build` in its folder.');
    process.exitCode = 1;
  }
}
