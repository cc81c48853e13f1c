// Mutated ONNX files (see onnx_fuzz.ts), 20,000 of them in `npm run test:all`: each becomes a graph, or an OnnxError with a remedy.
// More of them: npm run fuzz:onnx -- --cases 1000000 --seed 7
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ALL } from '../support/all';
import { startCounting, stepsOf, stopCounting } from '../support/effort';
import { mostBytes, mutated, mutations, originals, tried } from '../support/onnx_fuzz';

const test = suite('onnx fuzz');

const CASES = ALL ? 20_000 : 600;
/** Counted together, which costs little: one file that takes too long shows among them, and is then looked for. */
const TOGETHER = 50;
/** Steps that files may take: one, and so many on average; most take a tenth. */
const [MOST, MOST_EACH] = [1e6, 1e5];

test(`${CASES} mutated files: a graph or an OnnxError, in few steps and little memory`, () => {
  const files = originals();
  const lines = Error.stackTraceLimit;
  Error.stackTraceLimit = 4;
  let [graphs, errors, slowest, largest] = [0, 0, 0, 0];
  const group: { readonly name: string; readonly read: () => unknown }[] = [];
  const countGroup = (): void => {
    const steps = stepsOf(() => {
      for (const { read } of group) read();
    });
    slowest = Math.max(slowest, steps / group.length);
    if (steps > MOST_EACH * group.length) {
      for (const { name, read } of group) {
        const alone = stepsOf(read);
        assert.ok(alone <= MOST, `${name}: ${alone} steps`);
      }
      assert.unreachable(`${steps} steps for ${group.map((g) => g.name)}`);
    }
    group.length = 0;
  };
  startCounting();
  try {
    const property = fc.property(mutations(files.length), ({ file, changes }) => {
      const original = files[file]!;
      const bytes = mutated(original, changes, files);
      group.push({
        name: original.name,
        read: () => {
          const outcome = tried(bytes, original.isTensor);
          assert.ok(outcome.bytes <= mostBytes(bytes.length), `${original.name}: ${outcome.bytes} bytes`);
          if (outcome.parsed === 'graph' && (original.isTensor || outcome.built === 'graph')) graphs++;
          else errors++;
          largest = Math.max(largest, outcome.bytes);
        },
      });
      if (group.length === TOGETHER) countGroup();
    });
    fc.assert(property, { seed: 20261123, numRuns: CASES, endOnFailure: true });
  } finally {
    stopCounting();
    Error.stackTraceLimit = lines;
  }
  console.log(
    `${graphs} graphs, ${errors} errors; at most ${slowest.toFixed(0)} steps each and ${(largest / 2 ** 20).toFixed(0)} MiB`,
  );
  assert.ok(graphs > CASES / 10 && errors > CASES / 10, 'both are worth having');
});

test('every beginning of a file is refused, and every beginning of a tensor', () => {
  const small = originals().filter((o) => o.bytes.length < 700);
  assert.ok(small.length >= 5);
  for (const { name, bytes, isTensor } of small.slice(0, 12)) {
    assert.is(tried(bytes, isTensor).parsed, 'graph', name);
    for (let n = 0; n < bytes.length; n++) tried(bytes.subarray(0, n), isTensor);
  }
});

test.run();
