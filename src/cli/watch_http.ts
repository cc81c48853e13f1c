// What the watch page's server lets in, and what it sends with everything.
import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { escapeHtml } from './page/html';
import base from './page/report.css';
import script from './page/watch.client.js';
import style from './page/watch.css';
import page from './page/watch.html';

export const HEADERS = {
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
};

export type Refusal = readonly [status: number, text: string];

/** Who may ask: `host:port` as a browser of this machine names the server, and the secret of its page. */
export interface Gate {
  readonly hosts: readonly string[];
  readonly token: string;
}

/**
 * Why a request gets nothing, or null. The name it came by must be the server's own: a page elsewhere could have its
 * own name point to this machine, and read along (DNS rebinding). Stopping also takes the secret from inside the page,
 * and the page's origin: other pages can send requests, but neither know the one nor fake the other.
 */
export function refusal(
  { method, url, headers }: Pick<IncomingMessage, 'method' | 'url' | 'headers'>,
  { hosts, token }: Gate,
): Refusal | null {
  if (!hosts.includes(headers.host ?? '')) return [403, `open http://${hosts[0]}/ instead`];
  const stop = url === '/stop';
  if (method !== (stop ? 'POST' : 'GET')) return [405, stop ? 'POST only' : 'GET only'];
  if (url === '/') return null; // a link to the page may be anywhere
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return [403, 'only for the page itself'];
  if (!stop) return null;
  const own = hosts.some((host) => headers.origin === `http://${host}`);
  return own && same(String(headers['x-toroid-token']), token) ? null : [403, 'only the page itself may stop'];
}

/** In a time that does not tell how much of it was right. */
function same(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}

export function send(response: ServerResponse, type: string, body: string | Uint8Array): void {
  response.writeHead(200, { ...HEADERS, 'Content-Type': type }).end(body);
}

/** The parts of the page that are files of their own. */
export function sendPart(response: ServerResponse, url: string): boolean {
  if (url === '/watch.css') send(response, 'text/css; charset=utf-8', base + style);
  else if (url === '/watch.js') send(response, 'text/javascript; charset=utf-8', script);
  else return false;
  return true;
}

export function refuse(response: ServerResponse, [status, text]: Refusal): void {
  response.writeHead(status, { ...HEADERS, 'Content-Type': 'text/plain; charset=utf-8' }).end(`${text}\n`);
}

export function sendNothing(response: ServerResponse): void {
  response.writeHead(204, HEADERS).end();
}

/** Opens a stream of server-sent events; each is a `message`. */
export function stream(response: ServerResponse): void {
  response.writeHead(200, { ...HEADERS, 'Content-Type': 'text/event-stream' });
}

/** JSON has no line breaks of its own, which would end a message. */
export const message = (event: string, data: object): string => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;

/** The page, which may load nothing but what this server gives, and run no script but its own. */
export function sendPage(response: ServerResponse, title: string, tile: string, token: string): void {
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data: blob:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join('; ');
  const parts: Readonly<Record<string, string>> = { tile, token, title: escapeHtml(title) };
  const text = page.replace(/\{\{(\w+)\}\}/g, (_, name: string) => parts[name] ?? '');
  response.setHeader('Content-Security-Policy', policy);
  send(response, 'text/html; charset=utf-8', text);
}
