import { EngineError } from '../base/errors';
import type { Raster } from '../base/raster';
import { fitText, LINE_HEIGHT, textDots, textWidth } from './bitmap_font';
import { downscale } from './downscale';

/** A setting that was varied, and the values it took. */
export interface SweptAxis {
  readonly name: string;
  readonly values: readonly string[];
}

export interface ContactSheet {
  /** With two axes, those of the second axis's first value after one another are a row: [first][second] flattened. */
  readonly pictures: readonly (Raster | null)[];
  /** One for each picture; needed when there are no axes. */
  readonly labels?: readonly string[];
  /** One: a picture for each value. Two: rows are the first, columns the second. */
  readonly axes?: readonly SweptAxis[];
  readonly title?: string;
  /** Shown before all others: in a row of its own where there are two axes. */
  readonly lead?: { readonly picture: Raster; readonly label: string };
  /** Longest side of a picture on the sheet, pixels. Default 256; less where the sheet would be too large. */
  readonly cell?: number;
}

/** What most programs still open without trouble. */
const MOST_SIDE = 16000;
const GAP = 12;
export const PAPER = 0.96;
const INK = 0.12;
/** Where a picture is missing. */
const EMPTY = 0.88;

/**
 * Many pictures on one sheet, with labels. With two axes they stand in rows and columns under headings; otherwise they
 * wrap, so that the sheet is about 3:2. Pictures larger than a cell are shrunk by area, never enlarged; `null` leaves
 * a cell empty. Opacity shows the paper.
 * @throws EngineError `PictureError` when there is nothing to show, or the numbers do not fit together.
 */
export function contactSheet(sheet: ContactSheet): Raster {
  const { title } = sheet;
  const plan = arrange(sheet);
  const { pictures } = plan;
  const { columns, rows } = plan;
  const largest = sideOf(pictures);
  const room = Math.floor((MOST_SIDE - 400) / Math.max(columns, rows)) - GAP - 40;
  const cell = Math.max(16, Math.min(sheet.cell ?? 256, largest, room));
  const shown = pictures.map((p) => p && downscale(p, cell));
  const w = Math.max(...shown.map((p) => p?.width ?? 0), 48);
  const h = Math.max(...shown.map((p) => p?.height ?? 0));
  const scale = w >= 160 ? 2 : 1; // dots are 2x2 pixels where there is room: 5x7 is small on a large sheet
  const line = LINE_HEIGHT * scale + 6;

  const widest = Math.max(0, ...(plan.rowHeads ?? []).flat().map((t) => textWidth(t) * scale));
  const side = plan.rowHeads ? Math.min(w, widest) + GAP : 0;
  const left = GAP + side;
  const width = Math.max(left + columns * (w + GAP), GAP * 2 + 160);
  const top = GAP + (title === undefined ? 0 : line + GAP / 2) + (plan.columnHeads ? line : 0);
  const step = h + (plan.labels ? line : 0) + GAP;
  const height = top + rows * step;
  const page = new Page(width, height);

  if (title !== undefined) page.write(fitText(title, (width - 2 * GAP) / scale), GAP, GAP, scale);
  for (const [k, head] of (plan.columnHeads ?? []).entries()) {
    const text = fitText(head, w / scale);
    page.write(text, left + k * (w + GAP) + Math.floor((w - textWidth(text) * scale) / 2), top - line, scale);
  }
  for (const [k, head] of (plan.rowHeads ?? []).entries()) {
    const middle = top + k * step + Math.floor(h / 2);
    for (const [n, text] of head.entries()) {
      page.write(fitText(text, (side - GAP) / scale), GAP, middle + (n - 1) * LINE_HEIGHT * scale, scale);
    }
  }
  for (const [k, picture] of shown.entries()) {
    const x = left + (k % columns) * (w + GAP);
    const y = top + Math.floor(k / columns) * step;
    if (picture) page.place(picture, x + Math.floor((w - picture.width) / 2), y + Math.floor((h - picture.height) / 2));
    else if (picture === null) page.fill(x, y, w, h, EMPTY);
    const label = plan.labels?.[k];
    if (label !== undefined) page.write(fitText(label, w / scale), x, y + h + 4, scale);
  }
  return page.raster;
}

interface Arrangement {
  /** Nothing is drawn where one is undefined. */
  readonly pictures: readonly (Raster | null | undefined)[];
  readonly columns: number;
  readonly rows: number;
  readonly labels?: readonly string[];
  /** Name and value, one above the other. */
  readonly rowHeads?: readonly (readonly [string, string])[];
  readonly columnHeads?: readonly string[];
}

function arrange({ pictures, labels, axes = [], lead }: ContactSheet): Arrangement {
  const count = pictures.length;
  const wants = axes.length > 0 ? axes.reduce((n, a) => n * a.values.length, 1) : (labels?.length ?? count);
  if (count === 0 || wants !== count || axes.length > 2 || (labels && labels.length !== count)) {
    throw new EngineError(
      'PictureError',
      `a contact sheet of ${count} pictures has ${labels ? `${labels.length} labels and ` : ''}axes of ${axes.map((a) => a.values.length).join('x') || 'nothing'}`,
      'Give as many pictures as the axes have values together, one or two axes, and a label for each or none.',
    );
  }
  const [first, second] = axes;
  if (first && second) {
    const columns = second.values.length;
    const heads = first.values.map((v) => [first.name, v] as const);
    const blank = new Array<undefined>(columns - 1).fill(undefined);
    return {
      pictures: lead ? [lead.picture, ...blank, ...pictures] : pictures,
      columns,
      rows: first.values.length + (lead ? 1 : 0),
      rowHeads: lead ? [[lead.label, ''], ...heads] : heads,
      columnHeads: second.values.map((v) => `${second.name} ${v}`),
      ...(labels && { labels: lead ? ['', ...blank.map(() => ''), ...labels] : labels }),
    };
  }
  const named = labels ?? first?.values.map((v) => `${first.name} ${v}`);
  const seen = pictures.find((p) => p !== null);
  const all = lead ? [lead.picture, ...pictures] : pictures;
  const columns = columnsFor(all.length, seen ? seen.width / seen.height : 1);
  const texts = lead && named ? [lead.label, ...named] : named;
  return { pictures: all, columns, rows: Math.ceil(all.length / columns), ...(texts && { labels: texts }) };
}

/** Columns that make a sheet of cells `aspect` wide about 3:2, with as few empty places as that allows. */
export function columnsFor(count: number, aspect: number): number {
  if (count <= 3) return count;
  let best = 1;
  let least = Number.POSITIVE_INFINITY;
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    const shape = Math.abs(Math.log((columns * aspect) / rows / 1.5));
    const cost = shape + (columns * rows - count) / count;
    if (cost < least) [best, least] = [columns, cost];
  }
  return best;
}

function sideOf(pictures: readonly (Raster | null | undefined)[]): number {
  const sides = pictures.flatMap((p) => (p ? [p.width, p.height] : []));
  if (sides.length === 0) {
    throw new EngineError('PictureError', 'a contact sheet of no pictures', 'Every one of them failed: see above.');
  }
  return Math.max(...sides);
}

/** A grey sheet that pictures and letters are put on. */
class Page {
  readonly raster: Raster;

  constructor(width: number, height: number) {
    this.raster = { width, height, data: new Float32Array(3 * width * height).fill(PAPER) };
  }

  fill(x: number, y: number, w: number, h: number, value: number): void {
    const { width, height, data } = this.raster;
    for (let row = 0; row < 3 * h; row++) {
      const from = Math.floor(row / h) * width * height + (y + (row % h)) * width + x;
      data.fill(value, from, from + w);
    }
  }

  place(picture: Raster, x: number, y: number): void {
    const { width, height, data } = this.raster;
    for (let band = 0; band < 3; band++) {
      for (let i = 0; i < picture.width * picture.height; i++) {
        const a = picture.alpha?.[i] ?? 1;
        const v = picture.data[band * picture.width * picture.height + i] ?? 0;
        const at = band * width * height + (y + Math.floor(i / picture.width)) * width + x + (i % picture.width);
        data[at] = a * v + (1 - a) * PAPER;
      }
    }
  }

  write(text: string, x: number, y: number, scale: number): void {
    for (const [dx, dy] of textDots(text)) this.fill(x + dx * scale, y + dy * scale, scale, scale, INK);
  }
}
