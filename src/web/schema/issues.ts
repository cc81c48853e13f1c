// What is wrong with a value, in zod's words: see schema.ts.
export type PathKey = string | number;
export interface Issue {
  readonly code: string;
  readonly path: readonly PathKey[];
  readonly message: string;
  readonly [more: string]: unknown;
}

/** Issues of a value that is of the right type. */
const soft = new WeakSet<Issue>();
export const isSoft = (issue: Issue): boolean => soft.has(issue);
/** Whether some make it pointless to look further. */
export const joined = (issues: readonly Issue[]): boolean => issues.some((i) => !isSoft(i));

/** An issue at the value itself; `said`: a message of the schema's own. */
export function issueOf(fault: Readonly<Record<string, unknown>>, said?: string, gentle = false): Issue {
  const { received, ...rest } = fault;
  const keep =
    fault.expected === 'number' && (received === 'NaN' || received === 'Infinity' || received === '-Infinity');
  const issue = { ...rest, ...(keep && { received }), path: [], message: said ?? words(fault) } as unknown as Issue;
  if (gentle) soft.add(issue);
  return issue;
}

const text = (v: unknown): string => (typeof v === 'string' ? JSON.stringify(v) : String(v));

function words(f: Readonly<Record<string, unknown>>): string {
  const values = (f.values ?? []) as readonly unknown[];
  const keys = (f.keys ?? []) as readonly string[];
  const unit = { string: ' characters', array: ' items' }[String(f.origin)];
  switch (f.code) {
    case 'invalid_type':
      return `Invalid input: expected ${f.expected}, received ${f.received}`;
    case 'invalid_value':
      return values.length === 1
        ? `Invalid input: expected ${text(values[0])}`
        : `Invalid option: expected one of ${values.map(text).join('|')}`;
    case 'too_small':
      return `Too small: expected ${f.origin} to ${unit ? 'have' : 'be'} >${f.inclusive ? '=' : ''}${f.minimum}${unit ?? ''}`;
    case 'too_big':
      return `Too big: expected ${f.origin} to ${unit ? 'have' : 'be'} <${f.inclusive ? '=' : ''}${f.maximum}${unit ?? ''}`;
    case 'invalid_format':
      return f.format === 'url' ? 'Invalid URL' : `Invalid string: must match pattern ${f.pattern}`;
    case 'unrecognized_keys':
      return `Unrecognized key${keys.length > 1 ? 's' : ''}: ${keys.map(text).join(', ')}`;
    case 'invalid_key':
      return 'Invalid key in record';
    case 'invalid_union':
      return f.options
        ? `Invalid discriminator value. Expected ${(f.options as readonly string[]).map((o) => `'${o}'`).join(' | ')}`
        : 'Invalid input';
    default:
      return 'Invalid input';
  }
}
