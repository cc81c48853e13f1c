// Mutated ONNX files (see onnx_fuzz.ts), 20,000 of them in `npm run test:all`: each becomes a graph, or an OnnxError with a remedy.
// More of them: npm run fuzz:onnx -- --cases 1000000 --seed 7
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ALL } from '../support/all';
import { unitMs } from '../support/effort';
import { mostBytes, mutated, mutations, originals, tried } from '../support/onnx_fuzz';

const test = suite('onnx fuzz');

const CASES = ALL ? 20_000 : 3000;
/** Of the processor, for one file; most take a hundredth of it. */
const MOST_MS = 5 * unitMs();

test(`${CASES} mutated files: a graph or an OnnxError, soon, in little memory`, () => {
  const files = originals();
  const lines = Error.stackTraceLimit;
  Error.stackTraceLimit = 4;
  let [graphs, errors, slowest, largest] = [0, 0, 0, 0];
  try {
    const property = fc.property(mutations(files.length), ({ file, changes }) => {
      const original = files[file]!;
      const bytes = mutated(original, changes, files);
      let outcome = tried(bytes, original.isTensor);
      // Memory may have been tidied up meanwhile; a slow file is slow each time.
      for (let k = 0; k < 2 && outcome.milliseconds > MOST_MS; k++) outcome = tried(bytes, original.isTensor);
      assert.ok(outcome.milliseconds <= MOST_MS, `${original.name}: ${outcome.milliseconds} ms`);
      assert.ok(outcome.bytes <= mostBytes(bytes.length), `${original.name}: ${outcome.bytes} bytes`);
      if (outcome.parsed === 'graph' && (original.isTensor || outcome.built === 'graph')) graphs++;
      else errors++;
      slowest = Math.max(slowest, outcome.milliseconds);
      largest = Math.max(largest, outcome.bytes);
    });
    fc.assert(property, { seed: 20261123, numRuns: CASES, endOnFailure: true });
  } finally {
    Error.stackTraceLimit = lines;
  }
  console.log(
    `${graphs} graphs, ${errors} errors; at most ${slowest.toFixed(0)} ms and ${(largest / 2 ** 20).toFixed(0)} MiB`,
  );
  assert.ok(graphs > CASES / 20 && errors > CASES / 20, 'both are worth having');
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
