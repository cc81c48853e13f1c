import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bindingTypes, defineKernel, KernelCache, specialise } from '../../src/gpu/kernel';
import { BufferPool } from '../../src/gpu/pool';
import { device } from '../support/device';

const test = suite('kernel');
const head = `// broken: for a test
alias T = f32;
override WG: u32 = 64;
@group(0) @binding(0) var<storage, read_write> Y: array<T>;
`;
const kernel = (body: string, lib: string[] = []) =>
  defineKernel({ name: 'broken', wgsl: head + body, lib, binds: ['write'], uniforms: {}, variants: [{ WG: 64 }] });

test('a kernel that does not compile is reported with file, line, column and the line itself', async () => {
  const d = await device();
  const source = kernel('@compute @workgroup_size(WG)\nfn main() {\n  Y[0] = wrong;\n}\n');
  try {
    await d.kernels.get(source, { WG: 64 });
    assert.unreachable('compiled');
  } catch (e) {
    assert.match((e as Error).message, /broken f32 WG=64 did not compile/);
    assert.match((e as Error).message, /broken\.wgsl:7:\d+ .*wrong/);
    assert.match((e as Error).message, /Y\[0\] = wrong;/);
  }
  d.check(); // and as nothing else
});

test('snippets come behind the kernel, so line numbers stay true', () => {
  const source = kernel('fn main() {}', ['fn helper() {}']);
  assert.ok(specialise(source, 'f32').startsWith(head));
  const half = specialise(source, 'f16');
  assert.ok(half.startsWith('enable f16; // broken'));
  assert.is(half.split('\n').length, specialise(source, 'f32').split('\n').length);
});

test('a scalar line becomes f16 whatever its white space, and one that is not found is an error', () => {
  const squeezed = {
    ...kernel(''),
    wgsl: 'alias T=f32;alias  Sum =f32;@group(0)@binding(0)var<storage,read>X:array<Sum>;',
  };
  assert.is(specialise(squeezed, 'f16').match(/= f16;/g)?.length, 2);
  assert.match(specialise(squeezed, 'f16', 'f32'), /alias T = f16;alias {2}Sum =f32;/);
  assert.equal(bindingTypes(squeezed), ['array<Sum>']);
  const other = { ...squeezed, wgsl: squeezed.wgsl.replace('Sum =f32', 'Sum =i32') };
  assert.throws(() => specialise(other, 'f16'), /broken\.wgsl has no 'alias Sum = f32;'/);
  assert.throws(() => bindingTypes({ ...squeezed, binds: [] }), /broken\.wgsl has 1 bindings, declared are 0/);
});

test('a kernel is built once per storage type and set of overrides', async () => {
  const d = await device();
  const source = { ...kernel('@compute @workgroup_size(WG)\nfn main() { Y[0] = 1; }\n'), name: 'once' };
  const [a, b] = await Promise.all([d.kernels.get(source, { WG: 64 }), d.kernels.get(source, { WG: 64 })]);
  assert.is(a, b);
  assert.is.not(await d.kernels.get(source, { WG: 32 }), a);
});

test('the compiler is waited for as the platform says: in Node its polling would take a core', async () => {
  const { gpu } = await device();
  let waits = 0;
  const cache = new KernelCache(gpu, (pending) => {
    waits++;
    return pending;
  });
  const source = { ...kernel('@compute @workgroup_size(WG)\nfn main() { Y[0] = 2; }\n'), name: 'waited' };
  await Promise.all([cache.get(source, { WG: 64 }), cache.get(source, { WG: 32 }), cache.get(source, { WG: 64 })]);
  assert.is(waits, 2);
});

test('pool: size classes waste at most an eighth', () => {
  for (let bytes = 1; bytes < 1e6; bytes = Math.ceil(bytes * 1.37)) {
    const size = BufferPool.classOf(bytes);
    assert.ok(size >= bytes && size % 4 === 0);
    assert.ok(size <= Math.max(bytes + 255, bytes * 1.126), `${bytes} -> ${size}`);
  }
});

test.run();
