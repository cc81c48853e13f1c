import { Agent, type Dispatcher, EnvHttpProxyAgent, request } from 'undici';

/** Why a download did not go on. */
export class TransferError extends Error {
  /**
   * @param lasting true where the same address would answer the same again: a missing file, a wrong length
   * @param waitMs what the server asks to wait
   */
  constructor(
    message: string,
    readonly lasting: boolean,
    readonly waitMs = 0,
  ) {
    super(message);
  }
}

export interface Answer {
  /** The first byte that it sends: 0 where the server starts over. */
  readonly from: number;
  readonly body: AsyncIterable<Uint8Array>;
  readonly etag: string | null;
  /** Ends the connection. */
  readonly drop: () => void;
}

export interface Question {
  readonly url: string;
  /** Bytes that are there already. */
  readonly from: number;
  /** The file's size. */
  readonly size: number;
  /** The strong ETag that those bytes came with, from this address. */
  readonly etag: string | null;
  readonly signal: AbortSignal;
}

const MOST_REDIRECTS = 10;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
/** What a server may answer otherwise a little later. */
const PASSING = new Set([408, 425, 429, 500, 502, 503, 504]);
const LONGEST_WAIT_MS = 60_000;
const PROXIES = ['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY'];

/** Connections by way of the proxies that HTTP_PROXY, HTTPS_PROXY and NO_PROXY name, which Node's own fetch ignores. */
export function connections(): Dispatcher {
  const options = { connect: { timeout: 15_000 } };
  if (!PROXIES.some((name) => process.env[name])) return new Agent(options);
  const { emitWarning } = process;
  // It announces itself as experimental on stderr, where our users can do nothing about it.
  process.emitWarning = () => {};
  try {
    return new EnvHttpProxyAgent(options);
  } catch (cause) {
    throw new TransferError(`the proxy's address is none: ${reasonOf(cause)}`, true);
  } finally {
    process.emitWarning = emitWarning;
  }
}

/**
 * Asks for a file from byte `from` on, and follows redirects, though never from https to http.
 * @throws TransferError
 */
export async function ask(dispatcher: Dispatcher, question: Question): Promise<Answer> {
  const { from, size, etag, signal } = question;
  let url = new URL(question.url);
  const headers: Record<string, string> = { 'accept-encoding': 'identity', 'user-agent': 'toroid' };
  if (from > 0) {
    headers.range = `bytes=${from}-`;
    if (etag) headers['if-range'] = etag;
  }
  for (let k = 0; k <= MOST_REDIRECTS; k++) {
    const answer = await request(url, { dispatcher, headers, signal, headersTimeout: 0, bodyTimeout: 0 });
    // Ended early, it says so on its own stream, where nobody may be listening any more.
    answer.body.on('error', () => {});
    const drop = (): void => void answer.body.destroy();
    try {
      if (!REDIRECTS.has(answer.statusCode)) return { ...accepted(answer, from, size, url), drop };
      url = redirected(url, answer.headers.location);
    } catch (cause) {
      drop();
      throw cause;
    }
    drop();
  }
  throw new TransferError(`${question.url} redirects more than ${MOST_REDIRECTS} times`, true);
}

function redirected(from: URL, location: string | string[] | undefined): URL {
  const to = typeof location === 'string' && URL.canParse(location, from) ? new URL(location, from) : undefined;
  if (!to) throw new TransferError(`${from.host} redirects to nowhere`, true);
  if (from.protocol === 'https:' && to.protocol !== 'https:') {
    throw new TransferError(`${from.host} redirects from https to ${to.protocol}//${to.host}, which is not safe`, true);
  }
  if (!/^https?:$/.test(to.protocol)) throw new TransferError(`${from.host} redirects to ${to.protocol}`, true);
  return to;
}

function accepted(answer: Dispatcher.ResponseData, from: number, size: number, url: URL): Omit<Answer, 'drop'> {
  const { statusCode: status, headers, body } = answer;
  const text = (name: string): string | null => {
    const value = headers[name];
    return typeof value === 'string' ? value : null;
  };
  if (status !== 200 && status !== 206) {
    const where = `${url.host} answers ${status}`;
    if (!PASSING.has(status) && status !== 416) throw new TransferError(where, true);
    const seconds = Number(text('retry-after') ?? 0);
    throw new TransferError(where, false, Math.min(LONGEST_WAIT_MS, 1000 * (seconds > 0 ? seconds : 0)));
  }
  if (/^text\/html/i.test(text('content-type') ?? '')) {
    throw new TransferError(`${url.host} answers with a web page (of a login or a proxy?), not with the file`, true);
  }
  if (!/^(identity)?$/i.test(text('content-encoding') ?? '')) {
    throw new TransferError(`${url.host} sends the file ${text('content-encoding')}-encoded, unasked`, true);
  }
  const tag = text('etag');
  const etag = tag?.startsWith('"') ? tag : null; // a weak one does not vouch for bytes
  if (status === 206) {
    const [, first, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(text('content-range') ?? '') ?? [];
    if (Number(first) !== from) throw new TransferError(`${url.host} sends other bytes than those asked for`, true);
    if (total !== '*' && Number(total) !== size) throw wrongLength(url, Number(total), size);
    return { from, body, etag };
  }
  const length = text('content-length');
  if (length !== null && Number(length) !== size) throw wrongLength(url, Number(length), size);
  return { from: 0, body, etag };
}

const wrongLength = (url: URL, found: number, size: number): TransferError =>
  new TransferError(`${url.host} has a file of ${found} bytes, not the ${size} it should have`, true);

/** What went wrong on the way, in the words of who found it. */
export function reasonOf(cause: unknown): string {
  const { code, message, cause: deeper } = cause as NodeJS.ErrnoException & { cause?: unknown };
  const known: Record<string, string> = {
    ENOTFOUND: 'the host is not found (is this machine offline, or does it need HTTPS_PROXY?)',
    EAI_AGAIN: 'the host is not found (is this machine offline, or does it need HTTPS_PROXY?)',
    ECONNREFUSED: 'the connection is refused',
    ECONNRESET: 'the connection broke',
    UND_ERR_SOCKET: 'the connection broke',
    UND_ERR_CONNECT_TIMEOUT: 'nobody answers',
    ETIMEDOUT: 'nobody answers',
  };
  if (code !== undefined && known[code] !== undefined) return known[code];
  if (isCertificate(code)) return `${message} (behind a proxy that opens TLS, set NODE_EXTRA_CA_CERTS)`;
  return message || (deeper ? reasonOf(deeper) : (code ?? 'it failed'));
}

/** Trying again does not mend those. */
export const isCertificate = (code: string | undefined): boolean =>
  code !== undefined && /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS/.test(code);
