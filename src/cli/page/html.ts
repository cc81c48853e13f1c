import type { Make } from '../../app/charts/svg';

/** Text that is HTML already; everything else is escaped when it gets into a page. */
export class Html {
  constructor(readonly text: string) {}
}

export type HtmlPart = Html | string | number | false | null | undefined | readonly HtmlPart[];

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Plain text as it may stand in an element or in a quoted attribute. */
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (c) => ENTITIES[c] ?? c);

/** A piece of a page: what is put in is escaped, unless it is such a piece itself. Nothing for false, null, undefined. */
export function html(strings: TemplateStringsArray, ...parts: HtmlPart[]): Html {
  return new Html(strings.reduce((all, s, k) => all + render(parts[k - 1]) + s));
}

/** SVG as text, for charts. */
export const svgText: Make<Html> = (tag, attributes, ...children) =>
  new Html(
    `<${tag}${Object.entries(attributes)
      .map(([name, value]) => ` ${name}="${escapeHtml(String(value))}"`)
      .join('')}>${render(children)}</${tag}>`,
  );

function render(part: HtmlPart): string {
  if (part instanceof Html) return part.text;
  if (part === false || part === null || part === undefined) return '';
  if (typeof part === 'string') return escapeHtml(part);
  return typeof part === 'number' ? String(part) : part.map(render).join('');
}
