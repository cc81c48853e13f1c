// What goes to S3 is signed as a strict server wants it: the check by Amazon's examples, then our requests by the check.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openS3 } from '../../src/fleet/store_s3';
import { withEnv } from '../support/env';
import { heldStore } from '../support/held_store';
import { type SignedRequest, signatureFault } from '../support/signature';

const test = suite('S3');

/** The key, secret, bucket and time of all examples of the S3 API reference. */
const EXAMPLE = {
  accessKey: 'AKIAIOSFODNN7EXAMPLE',
  secret: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  region: 'us-east-1',
  now: Date.parse('2013-05-24T00:00:00Z'),
};
const SCOPE = '20130524/us-east-1/s3/aws4_request';
const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

function example(method: string, target: string, signature: string, own: Record<string, string> = {}, text = '') {
  const headers: Record<string, string> = {
    host: 'examplebucket.s3.amazonaws.com',
    'x-amz-content-sha256': EMPTY,
    'x-amz-date': '20130524T000000Z',
    ...own,
  };
  const names = Object.keys(headers).sort().join(';');
  headers.authorization = `AWS4-HMAC-SHA256 Credential=${EXAMPLE.accessKey}/${SCOPE},SignedHeaders=${names},Signature=${signature}`;
  return { method, target, headers, body: Buffer.from(text) } satisfies SignedRequest;
}

test("the check knows the signatures of Amazon's examples, and no others", () => {
  const put = example(
    'PUT',
    '/test%24file.text',
    '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
    {
      date: 'Fri, 24 May 2013 00:00:00 GMT',
      'x-amz-storage-class': 'REDUCED_REDUNDANCY',
      'x-amz-content-sha256': '44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072',
    },
    'Welcome to Amazon S3.',
  );
  const range = { range: 'bytes=0-9' };
  const rows: SignedRequest[] = [
    put,
    example('GET', '/test.txt', 'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41', range),
    example('GET', '/?lifecycle', 'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543'),
    example('GET', '/?max-keys=2&prefix=J', '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7'),
    {
      method: 'GET',
      target: `/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=${encodeURIComponent(`${EXAMPLE.accessKey}/${SCOPE}`)}&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404`,
      headers: { host: 'examplebucket.s3.amazonaws.com' },
      body: Buffer.of(),
    },
  ];
  for (const row of rows) {
    assert.is(signatureFault(row, EXAMPLE), null);
    assert.match(`${signatureFault({ ...row, method: 'POST' }, EXAMPLE)}`, /^SignatureDoesNotMatch/);
    assert.match(`${signatureFault(row, { ...EXAMPLE, now: EXAMPLE.now + 1e9 })}`, /^RequestTimeTooSkewed/);
  }
  assert.is(signatureFault({ ...put, body: Buffer.from('Welcome') }, EXAMPLE), 'XAmzContentSHA256Mismatch');
  assert.match(`${signatureFault({ ...put, target: '/test$file+text' }, EXAMPLE)}`, /^SignatureDoesNotMatch/);
});

for (const [about, own] of [
  ['keys that stay', {}],
  ['keys for a while', { AWS_SESSION_TOKEN: 'a/session+token==' }],
] as const) {
  test(`every request is signed, what is sent by its hash; ${about}`, async () => {
    const server = await heldStore(2);
    await withEnv({ ...server.env, ...own }, async () => {
      const store = await openS3('s3://bucket/a=b/_odd-.name', 1000);
      const bytes = Buffer.alloc(2005, 'parts');
      await store.put('a/whole', bytes.subarray(0, 1000));
      await store.put('a/parts', bytes);
      for (const k of [1, 2, 3]) await store.put(`a/${k}=.x`, Buffer.from(`${k}`));
      assert.equal(await store.list('a/'), ['a/1=.x', 'a/2=.x', 'a/3=.x', 'a/parts', 'a/whole']);
      assert.ok(bytes.equals((await store.get('a/parts')) ?? Buffer.of()));
      assert.is(await store.has('a/none'), false);
      await store.remove('a/whole');
      assert.is(await store.has('a/whole'), false);
      const address = (await store.presign?.('a/1=.x', 60)) ?? '';
      assert.is(await (await fetch(address)).text(), '1');
      assert.is((await fetch(address.replace('1=.x', '2=.x'))).status, 403);
      assert.is((await fetch(address, { method: 'DELETE' })).status, 403);
    });
    await server.close();
  });
}

test('keys and prefixes that would have to be encoded are refused', async () => {
  const server = await heldStore();
  await withEnv(server.env, async () => {
    for (const prefix of ['a b', 'a+b', 'é', 'a//b', '../a', 'a?b']) {
      await openS3(`s3://bucket/${prefix}`).then(
        () => assert.unreachable(prefix),
        ({ message }: Error) => assert.match(message, /is no key of a store\n {2}Use letters/),
      );
    }
  });
  assert.equal(server.asked, []);
  await server.close();
});

test('what the store lost on its way is sent again', async () => {
  const server = await heldStore();
  await withEnv(server.env, async () => {
    const store = await openS3('s3://bucket/x');
    server.refuse('PUT x/a', 400, 'RequestTimeout');
    server.refuse('PUT x/a', 400, 'XAmzContentSHA256Mismatch');
    await store.put('a', Buffer.of(1));
    assert.equal(server.asked, ['PUT x/a', 'PUT x/a', 'PUT x/a']);
  });
  await server.close();
});

test('a secret that is wrong is refused, and not shown', async () => {
  const server = await heldStore();
  await withEnv({ ...server.env, AWS_SECRET_ACCESS_KEY: 'another-secret' }, async () => {
    const store = await openS3('s3://bucket/x');
    for (const ask of [() => store.put('a', Buffer.of(1)), () => store.get('a'), () => store.list('a/')]) {
      await ask().then(
        () => assert.unreachable(),
        ({ message }: Error) => {
          assert.match(message, /refuses [A-Z]+ of .*: 403 SignatureDoesNotMatch[\s\S]*Check the credentials/);
          assert.not.match(message, /-secret/);
        },
      );
    }
  });
  await server.close();
});

test.run();
