// A line to a server that can be slow, and be cut.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface Line {
  /** The address of the server, over this line. */
  readonly url: string;
  /** Ends what is connected, and lets nobody else through until `mend`. */
  cut(): void;
  mend(): void;
  close(): Promise<void>;
}

/** @param delay of each piece that the server sends, milliseconds */
export async function lineTo(url: string, delay = 0): Promise<Line> {
  const { port: farPort, hostname } = new URL(url);
  const sockets = new Set<Socket>();
  let broken = false;
  const server = createServer((near) => {
    if (broken) return void near.destroy();
    const far = connect(Number(farPort), hostname);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => {}).on('close', () => void sockets.delete(socket));
    }
    near.pipe(far);
    near.on('close', () => far.destroy());
    // Timers of the same length run in the order they were set: so do the pieces.
    far.on('data', (piece) => void setTimeout(() => near.writable && near.write(piece), delay));
    far.on('close', () => void setTimeout(() => near.destroy(), delay));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const near = new URL(url);
  near.host = `127.0.0.1:${port}`;
  const cut = (): void => {
    broken = true;
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: near.href,
    cut,
    mend: () => {
      broken = false;
    },
    close: async () => {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}
