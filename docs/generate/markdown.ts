// What both references are written with.

/** Text that stands in a cell of a table. */
export const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

export const code = (text: string): string => `\`${text}\``;

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** The text of a comment such as this one: without its marks, paragraphs kept. */
export function commentText(comment: string): string {
  return comment
    .replace(/^\/\*\*|\*\/$/g, '')
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, '').trim())
    .join('\n')
    .trim();
}

/** Its sentences about the thing itself, and what stands behind tags such as `@throws`. */
export function parts(comment: string): { readonly about: string; readonly tags: readonly string[] } {
  const [about = '', ...tags] = commentText(comment).split(/\n(?=@)/);
  return about.startsWith('@') ? { about: '', tags: [about, ...tags] } : { about, tags };
}

/** The comment in front of `export const name` or `export function name` in a source text; '' without one. */
export function commentOf(source: string, name: string): string {
  const found = new RegExp(
    `(\\/\\*\\*(?:(?!\\*\\/)[\\s\\S])*\\*\\/)\\nexport (?:async )?(?:const|function) ${name}\\b`,
  ).exec(source);
  return found?.[1] ?? '';
}

/** Comments are plain text: what is a sign there must not be one in Markdown. */
export const plain = (text: string): string =>
  text
    .split(/(`[^`]*`)/)
    .map((piece, k) => (k % 2 === 1 ? piece : piece.replace(/[*_<|]/g, '\\$&')))
    .join('');
