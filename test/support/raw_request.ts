import { connect } from 'node:net';

export interface RawAnswer {
  /** Of HTTP; 0 where the connection ended without one. */
  readonly status: number;
  readonly body: string;
  /** It neither answered nor ended in two minutes. */
  readonly hung: boolean;
}

/** A server that waits for more, as it was told that there is, gets an end instead. */
const WAIT_MS = 400;

/** Sends bytes as they are, and returns the first answer that comes back. */
export async function rawRequest(url: string, bytes: string | Uint8Array): Promise<RawAnswer> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  let [got, hung] = ['', false];
  socket.on('data', (piece) => {
    got += piece.toString('latin1');
  });
  socket.on('error', () => {});
  socket.write(bytes);
  const end = setTimeout(() => socket.end(), WAIT_MS);
  const timer = setTimeout(() => {
    hung = true;
    socket.destroy();
  }, 120_000);
  await new Promise((done) => socket.on('close', done));
  clearTimeout(end);
  clearTimeout(timer);
  const [head = '', body = ''] = got.replace(/^(HTTP\/1\.1 1\d\d [^\r]*\r\n\r\n)+/, '').split('\r\n\r\n', 2);
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1] ?? 0), body, hung };
}
