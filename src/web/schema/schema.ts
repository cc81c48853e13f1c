// What page builds have for `zod` (build.mjs): the part of its interface that our schemas use, by its rules, a tenth of
// its size, and without code made at run time, which strict pages forbid. test/web_schema.test.ts holds both to the same
// results, issues and JSON Schemas.
import { type Issue, isSoft, issueOf, joined, type PathKey } from './issues';

export interface Result {
  readonly value: unknown;
  readonly issues: readonly Issue[];
}
type Json = Record<string, unknown>;
interface Check {
  readonly json: Json;
  /** Asked for before what is inside is looked at; alone then. */
  readonly first?: boolean;
  /** Of a length: then it is asked of everything that has one, whatever else is wrong. */
  readonly length?: true;
  fault(value: never): Json | null;
  readonly message: string | undefined;
}

const ok = (value: unknown): Result => ({ value, issues: [] });
const typeName = (v: unknown): string =>
  v === null
    ? 'null'
    : Array.isArray(v)
      ? 'array'
      : typeof v === 'number' && !Number.isFinite(v)
        ? String(v)
        : typeof v;
const lengthy = (v: unknown): v is { length: number } =>
  v !== undefined && v !== null && (v as { length?: unknown }).length !== undefined;
const copy = (v: unknown): unknown => (Array.isArray(v) ? [...v] : typeof v === 'object' && v !== null ? { ...v } : v);

/** A schema; methods give new ones. */
export class Schema {
  protected checks: readonly Check[] = [];
  protected about: string | undefined;
  /** Absent values are welcome. */
  readonly optional_: boolean = false;

  constructor(readonly said?: string) {}

  /** What a value of this type is, before checks. */
  protected look(_: unknown): Result {
    throw new Error('of no type');
  }
  protected jsonType(): Json {
    return {};
  }

  run(value: unknown): Result {
    for (const c of this.checks) {
      const fault = c.first && Array.isArray(value) ? c.fault(value as never) : null;
      if (fault) return { value, issues: [issueOf(fault, c.message ?? this.said, true)] };
    }
    const found = this.look(value);
    const hopeless = joined(found.issues);
    const issues = [...found.issues];
    for (const c of this.checks) {
      if (hopeless && !(c.length && lengthy(found.value))) continue;
      const fault = c.fault(found.value as never);
      if (fault) issues.push(issueOf(fault, c.message ?? this.said, true));
    }
    return { value: found.value, issues };
  }

  json(): Json {
    const all = Object.assign(this.jsonType(), ...this.checks.map((c) => c.json)) as Json;
    return this.about === undefined ? all : { ...all, description: this.about };
  }

  parse(value: unknown): unknown {
    const { value: parsed, issues } = this.run(value);
    if (issues.length > 0) throw Object.assign(new Error(JSON.stringify(issues, null, 2)), { issues });
    return parsed;
  }

  safeParse(value: unknown): unknown {
    const { value: data, issues } = this.run(value);
    return issues.length > 0 ? { success: false, error: { issues } } : { success: true, data };
  }

  protected with(changes: object): this {
    return Object.assign(Object.create(Object.getPrototypeOf(this) as object), this, changes) as this;
  }
  protected checked(check: Check): this {
    return this.with({ checks: [...this.checks, check] });
  }

  describe(about: string): this {
    return this.with({ about });
  }
  refine(holds: (value: never) => boolean, message = 'Invalid input'): this {
    return this.checked({ json: {}, message, fault: (v) => (holds(v) ? null : { code: 'custom' }) });
  }
  optional(): Schema {
    return new Wrapped(this, { absent: () => ok(undefined) });
  }
  default(value: unknown): Schema {
    return new Wrapped(this, { absent: () => ok(copy(value)), json: { default: value } });
  }
  prefault(value: unknown): Schema {
    return new Wrapped(this, { absent: () => this.run(copy(value)), json: { default: value } });
  }
  readonly(): Schema {
    return new Wrapped(this, { after: (v) => Object.freeze(v), json: { readOnly: true } });
  }
  nullable(): Schema {
    return new Wrapped(this, { null: true });
  }

  protected bound(
    kind: 'min' | 'max',
    origin: string,
    limit: number,
    json: Json,
    message?: string,
    inclusive = true,
  ): this {
    const [code, name] = kind === 'min' ? ['too_small', 'minimum'] : ['too_big', 'maximum'];
    const measure = (v: number | { length: number }): number => (typeof v === 'number' ? v : v.length);
    return this.checked({
      json,
      message,
      ...(origin === 'array' && kind === 'max' && { first: true }),
      ...(origin !== 'number' && { length: true as const }),
      fault(value: never) {
        const n = measure(value);
        const good = (n === limit && inclusive) || (kind === 'min' ? n > limit : n < limit);
        const of = origin === 'number' ? origin : typeName(value);
        return good ? null : { origin: of, code, [name as string]: limit, inclusive };
      },
    });
  }
}

interface Wrap {
  absent?(): Result;
  after?(value: unknown): unknown;
  readonly null?: true;
  readonly json?: Json;
}

class Wrapped extends Schema {
  override readonly optional_: boolean;
  constructor(
    readonly inner: Schema,
    private readonly wrap: Wrap,
  ) {
    super();
    this.optional_ = wrap.absent !== undefined || inner.optional_;
  }
  override run(value: unknown): Result {
    if (value === undefined && this.wrap.absent) return this.wrap.absent();
    if (value === null && this.wrap.null) return ok(null);
    const found = this.inner.run(value);
    return this.wrap.after && found.issues.length === 0 ? ok(this.wrap.after(found.value)) : found;
  }
  override jsonType(): Json {
    const inner = this.inner.json();
    return { ...(this.wrap.null ? { anyOf: [inner, { type: 'null' }] } : inner), ...this.wrap.json };
  }
}

class Text extends Schema {
  protected override look(value: unknown): Result {
    return typeof value === 'string' ? ok(value) : this.not('string', value);
  }
  protected override jsonType(): Json {
    return { type: 'string' };
  }
  not(expected: string, value: unknown): Result {
    return { value, issues: [issueOf({ expected, code: 'invalid_type', received: typeName(value) }, this.said)] };
  }
  min(n: number, message?: string): this {
    return this.bound('min', 'string', n, { minLength: n }, message);
  }
  max(n: number, message?: string): this {
    return this.bound('max', 'string', n, { maxLength: n }, message);
  }
  regex(pattern: RegExp, message?: string): this {
    const fault = { origin: 'string', code: 'invalid_format', format: 'regex', pattern: String(pattern) };
    return this.checked({ json: { pattern: pattern.source }, message, fault: (v) => (pattern.test(v) ? null : fault) });
  }
}

class Url extends Text {
  protected override look(value: unknown): Result {
    if (typeof value !== 'string' || URL.canParse(value)) return super.look(value);
    return { value, issues: [issueOf({ code: 'invalid_format', format: 'url' }, this.said)] };
  }
  protected override jsonType(): Json {
    return { type: 'string', format: 'uri' };
  }
}

class Numeric extends Schema {
  constructor(
    readonly whole: boolean,
    said?: string,
  ) {
    super(said);
  }
  protected override look(value: unknown): Result {
    const fault = (rest: Json): Result => ({ value, issues: [issueOf(rest, this.said)] });
    if (typeof value !== 'number' || !Number.isFinite(value)) {
      return fault({ expected: 'number', code: 'invalid_type', received: typeName(value) });
    }
    if (!this.whole || Number.isSafeInteger(value)) return ok(value);
    if (!Number.isInteger(value)) {
      return fault({ expected: 'int', format: 'safeint', code: 'invalid_type', received: 'number' });
    }
    const note = 'Integers must be within the safe integer range.';
    const [code, side] = value > 0 ? ['too_big', 'maximum'] : ['too_small', 'minimum'];
    const limit = value > 0 ? Number.MAX_SAFE_INTEGER : Number.MIN_SAFE_INTEGER;
    const issue = { code, [side as string]: limit, note, origin: 'int', inclusive: true };
    return { value, issues: [issueOf(issue, this.said, true)] };
  }
  protected override jsonType(): Json {
    if (!this.whole) return { type: 'number' };
    return { type: 'integer', minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER };
  }
  min(n: number, message?: string): this {
    return this.bound('min', 'number', n, { minimum: n }, message);
  }
  max(n: number, message?: string): this {
    return this.bound('max', 'number', n, { maximum: n }, message);
  }
  gt(n: number, message?: string): this {
    return this.bound('min', 'number', n, { exclusiveMinimum: n }, message, false);
  }
  lt(n: number, message?: string): this {
    return this.bound('max', 'number', n, { exclusiveMaximum: n }, message, false);
  }
  positive(message?: string): this {
    return this.gt(0, message);
  }
  nonnegative(message?: string): this {
    return this.min(0, message);
  }
  override json(): Json {
    const { minimum, ...all } = super.json();
    // Above 0 there is no other least one.
    return minimum === undefined || (this.whole && 'exclusiveMinimum' in all) ? all : { ...all, minimum };
  }
}

class Flag extends Schema {
  protected override look(value: unknown): Result {
    if (typeof value === 'boolean') return ok(value);
    const fault = { expected: 'boolean', code: 'invalid_type', received: typeName(value) };
    return { value, issues: [issueOf(fault, this.said)] };
  }
  protected override jsonType(): Json {
    return { type: 'boolean' };
  }
}

class OneOf extends Schema {
  constructor(
    readonly values: readonly unknown[],
    readonly literal: boolean,
    said?: string,
  ) {
    super(said);
  }
  protected override look(value: unknown): Result {
    if (this.values.includes(value)) return ok(value);
    return { value, issues: [issueOf({ code: 'invalid_value', values: this.values }, this.said)] };
  }
  protected override jsonType(): Json {
    const type = typeof this.values[0];
    return { type, ...(this.literal ? { const: this.values[0] } : { enum: this.values }) };
  }
}

const under = (key: PathKey, issues: readonly Issue[]): Issue[] =>
  issues.map((i) => Object.assign(i, { path: [key, ...i.path] }));

class List extends Schema {
  constructor(readonly item: Schema) {
    super();
  }
  protected override look(value: unknown): Result {
    if (!Array.isArray(value)) {
      return { value, issues: [issueOf({ expected: 'array', code: 'invalid_type', received: typeName(value) })] };
    }
    const found = value.map((v) => this.item.run(v));
    return { value: found.map((f) => f.value), issues: found.flatMap((f, k) => under(k, f.issues)) };
  }
  protected override jsonType(): Json {
    return { type: 'array', items: this.item.json() };
  }
  min(n: number, message?: string): this {
    return this.bound('min', 'array', n, { minItems: n }, message);
  }
  max(n: number, message?: string): this {
    return this.bound('max', 'array', n, { maxItems: n }, message);
  }
}

class Tuple extends Schema {
  constructor(readonly items: readonly Schema[]) {
    super();
  }
  protected override look(value: unknown): Result {
    const { length } = this.items;
    const fault = (rest: Json): Result => ({ value, issues: [issueOf(rest)] });
    if (!Array.isArray(value)) return fault({ expected: 'tuple', code: 'invalid_type', received: typeName(value) });
    const size = { inclusive: true, origin: 'array' };
    if (value.length < length) return fault({ code: 'too_small', minimum: length, ...size });
    const long = value.length > length ? [issueOf({ code: 'too_big', maximum: length, ...size })] : [];
    const found = this.items.map((item, k) => item.run(value[k]));
    return { value: found.map((f) => f.value), issues: [...long, ...found.flatMap((f, k) => under(k, f.issues))] };
  }
  protected override jsonType(): Json {
    const n = this.items.length;
    return { type: 'array', prefixItems: this.items.map((i) => i.json()), items: false, minItems: n, maxItems: n };
  }
}

class Dictionary extends Schema {
  constructor(
    readonly key: Schema,
    readonly item: Schema,
  ) {
    super();
  }
  protected override look(value: unknown): Result {
    if (typeName(value) !== 'object') {
      return { value, issues: [issueOf({ expected: 'record', code: 'invalid_type', received: typeName(value) })] };
    }
    const out: Json = {};
    const issues: Issue[] = [];
    for (const [k, v] of Object.entries(value as Json)) {
      if (k === '__proto__') continue;
      const name = this.key.run(k);
      if (name.issues.length > 0) {
        issues.push(...under(k, [issueOf({ code: 'invalid_key', origin: 'record', issues: name.issues })]));
        continue;
      }
      const found = this.item.run(v);
      issues.push(...under(k, found.issues));
      out[k] = found.value;
    }
    return { value: out, issues };
  }
  protected override jsonType(): Json {
    return { type: 'object', propertyNames: this.key.json(), additionalProperties: this.item.json() };
  }
}

export class Group extends Schema {
  constructor(readonly shape: Readonly<Record<string, Schema>>) {
    super();
  }
  protected override look(value: unknown): Result {
    if (typeName(value) !== 'object') {
      return { value, issues: [issueOf({ expected: 'object', code: 'invalid_type', received: typeName(value) })] };
    }
    const given = value as Json;
    const out: Json = {};
    const issues: Issue[] = [];
    for (const [k, schema] of Object.entries(this.shape)) {
      const found = schema.run(given[k]);
      issues.push(...under(k, found.issues));
      if (found.value !== undefined || Object.hasOwn(given, k)) out[k] = found.value;
    }
    const keys = Object.keys(given).filter((k) => !Object.hasOwn(this.shape, k));
    if (keys.length > 0) issues.push(issueOf({ code: 'unrecognized_keys', keys }));
    return { value: out, issues };
  }
  protected override jsonType(): Json {
    const entries = Object.entries(this.shape);
    const required = entries.filter(([, s]) => !s.optional_).map(([k]) => k);
    const properties = Object.fromEntries(entries.map(([k, s]) => [k, s.json()]));
    return { type: 'object', properties, ...(required.length > 0 && { required }), additionalProperties: false };
  }
  extend(shape: Readonly<Record<string, Schema>>): Group {
    return new Group({ ...this.shape, ...shape });
  }
}

class Union extends Schema {
  constructor(readonly options: readonly Schema[]) {
    super();
  }
  protected override look(value: unknown): Result {
    const all = this.options.map((o) => o.run(value));
    const good = all.find((r) => r.issues.length === 0);
    if (good) return good;
    const near = all.filter((r) => r.issues.every(isSoft));
    if (near.length === 1 && near[0]) return near[0];
    return { value, issues: [issueOf({ code: 'invalid_union', errors: all.map((r) => r.issues) }, this.said)] };
  }
  protected override jsonType(): Json {
    return { anyOf: this.options.map((o) => o.json()) };
  }
}

class Tagged extends Schema {
  constructor(
    readonly key: string,
    readonly options: readonly Group[],
  ) {
    super();
  }
  protected override look(value: unknown): Result {
    if (typeName(value) !== 'object') {
      return { value, issues: [issueOf({ code: 'invalid_type', expected: 'object', received: typeName(value) })] };
    }
    const tag = (value as Json)[this.key];
    const tagOf = (g: Group): unknown => (g.shape[this.key] as OneOf).values[0];
    const chosen = this.options.find((g) => tagOf(g) === tag);
    if (chosen) return chosen.run(value);
    const about = { note: 'No matching discriminator', discriminator: this.key, options: this.options.map(tagOf) };
    return { value, issues: under(this.key, [issueOf({ code: 'invalid_union', errors: [], ...about })]) };
  }
  protected override jsonType(): Json {
    return { oneOf: this.options.map((o) => o.json()) };
  }
}

export const string = (said?: string): Text => new Text(said);
export const url = (said?: string): Text => new Url(said);
export const number = (said?: string): Numeric => new Numeric(false, said);
export const int = (said?: string): Numeric => new Numeric(true, said);
export const boolean = (said?: string): Schema => new Flag(said);
export const literal = (value: unknown): Schema => new OneOf([value], true);
const oneOf = (values: readonly string[], said?: string): Schema => new OneOf(values, false, said);

export { oneOf as enum };
export const array = (item: Schema): List => new List(item);
export const tuple = (items: readonly Schema[]): Schema => new Tuple(items);
export const record = (key: Schema, item: Schema): Schema => new Dictionary(key, item);
export const strictObject = (shape: Readonly<Record<string, Schema>>): Group => new Group(shape);
export const union = (options: readonly Schema[]): Schema => new Union(options);
export const discriminatedUnion = (key: string, options: readonly Group[]): Schema => new Tagged(key, options);

/** The JSON Schema of what may be given. */
export const toJSONSchema = (schema: Schema): Json => ({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  ...schema.json(),
});
