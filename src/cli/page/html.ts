import { createHash } from 'node:crypto';
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

const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64');

export interface PageParts {
  readonly title: string;
  /** Of toroid. */
  readonly version: string;
  readonly styles: string;
  readonly script?: string;
  readonly header: Html;
  readonly main: Html;
}

/** One page for any browser that asks for nothing: its policy forbids all but its own styles, its script and data: pictures. */
export function page({ title, version, styles, script, header, main }: PageParts): string {
  const scripts = script ? ` script-src 'sha256-${sha256(script)}';` : '';
  const policy = `default-src 'none'; img-src data:; style-src 'sha256-${sha256(styles)}';${scripts} base-uri 'none'; form-action 'none'`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="toroid ${version}">
<title>${title} - toroid</title>
<style>${new Html(styles)}</style>
</head>
<body>
<header>
<h1>${title}</h1>
${header}
</header>
<main>
${main}
</main>
${script && html`<script>${new Html(script)}</script>\n`}</body>
</html>
`.text;
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
