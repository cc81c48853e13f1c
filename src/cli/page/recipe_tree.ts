import { type Html, html } from './html';

/** How deep a recipe is open when the page is: its steps and their blocks, not what is inside those. */
const OPEN = 2;
/** Lists of plain values longer than this are folded. */
const SHORT = 8;

/** JSON as nested lines that fold: plain values beside their names, objects and lists below. */
export function recipeTree(value: unknown): Html {
  const entries = entriesOf(value);
  if (!entries) return html`<p class="mono">${plain(value)}</p>`;
  return html`<div class="mono">${entries.map(([key, v]) => node(key, v, 1))}</div>`;
}

function node(key: string, value: unknown, depth: number): Html {
  const entries = entriesOf(value);
  if (!entries || entries.length === 0 || shortList(value)) {
    return html`<div class="leaf"><span class="key">${key}:</span> ${plain(value)}</div>`;
  }
  const inside = entries.map(([k, v]) => node(k, v, depth + 1));
  const about = hint(value);
  const label = html`<summary><span class="key">${key}</span>${about && html` ${about}`}</summary>`;
  return depth <= OPEN ? html`<details open>${label}${inside}</details>` : html`<details>${label}${inside}</details>`;
}

function entriesOf(value: unknown): [string, unknown][] | null {
  if (Array.isArray(value)) return value.map((v, k) => [String(k + 1), v]);
  return typeof value === 'object' && value !== null ? Object.entries(value) : null;
}

const shortList = (value: unknown): boolean =>
  Array.isArray(value) && value.length <= SHORT && value.every((v) => typeof v !== 'object' || v === null);

/** What a folded object is, so that it need not be opened to know: its kind or name, or how much there is. */
function hint(value: unknown): string {
  if (Array.isArray(value)) return `(${value.length})`;
  const known = value as Record<string, unknown>;
  const told = ['name', 'kind', 'type', 'loss', 'net'].map((k) => known[k]).find((v) => typeof v === 'string');
  return typeof told === 'string' ? told : '';
}

function plain(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(plain).join(', ');
  if (typeof value === 'string') return value === '' ? '""' : value;
  if (typeof value === 'object' && value !== null) return '{}';
  return value === undefined ? '' : String(value);
}
