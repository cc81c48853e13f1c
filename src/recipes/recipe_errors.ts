import { meant, noneOf } from '../base/did_you_mean';
import { shown } from '../base/errors';
import type * as z from '../base/zod';

type Issue = z.core.$ZodIssue;
/** The part of JSON Schema that is needed to find out which settings exist at a place. */
export interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: SchemaNode | boolean;
  readonly items?: SchemaNode | false;
  readonly oneOf?: readonly SchemaNode[];
  readonly anyOf?: readonly SchemaNode[];
  readonly const?: unknown;
}

/** `stages[0].losses[1].weight` */
function pathText(path: readonly PropertyKey[]): string {
  const text = path.map((p) => (typeof p === 'number' ? `[${p}]` : `.${String(p)}`)).join('');
  return text.replace(/^\./, '') || 'recipe';
}

/** What is wrong with a recipe, a line for each thing, with its path and the word that was probably meant. */
export function describeIssues(issues: readonly Issue[], input: unknown, schema: SchemaNode): string[] {
  const describe = (issue: Issue, above: readonly PropertyKey[]): string[] => {
    const path = [...above, ...issue.path];
    const at = pathText(path);
    const value = valueAt(input, path);
    switch (issue.code) {
      case 'unrecognized_keys': {
        const known = settingsAt(schema, input, path);
        return issue.keys.map(
          (key) => `${pathText([...path, key])}: there is no such setting.${meant(key, known) || list(known)}`,
        );
      }
      case 'invalid_value':
        return [`${at}: ${noneOf(value, issue.values)}`];
      case 'invalid_key':
        return [`${at}: is no name to use here: ${issue.issues.map((i) => i.message).join(', ')}.`];
      case 'invalid_union': {
        const { options } = issue as { options?: readonly unknown[] };
        if (issue.errors.length === 0 && options) {
          return [value === undefined ? `${at}: is missing.${list(options)}` : `${at}: ${noneOf(value, options)}`];
        }
        return ofUnion(issue.errors, value, at, path);
      }
      case 'invalid_type':
        if (value === undefined) return [`${at}: is missing; ${wanted(issue.expected)} is wanted.`];
        return [`${at}: is ${shown(value)}, but ${wanted(issue.expected)} is wanted.`];
      default:
        return [value === undefined ? `${at}: ${said(issue)}.` : `${at}: is ${shown(value)}, but ${said(issue)}.`];
    }
  };
  const ofUnion = (
    branches: readonly (readonly Issue[])[],
    value: unknown,
    at: string,
    path: readonly PropertyKey[],
  ): string[] => {
    // The branch that got furthest in is the one that was meant.
    const furthest = branches.toSorted((a, b) => depth(b) - depth(a))[0];
    if (furthest && depth(furthest) > 0) return furthest.flatMap((issue) => describe(issue, path));
    // Then one that takes this type of value, but not this value.
    const fitting = branches.find((b) => b.every((i) => i.code !== 'invalid_type' && i.code !== 'invalid_value'));
    if (fitting) return fitting.flatMap((issue) => describe(issue, path));
    const words = branches.flat().flatMap((i) => (i.code === 'invalid_value' ? i.values.map(String) : []));
    const types = branches.flat().flatMap((i) => (i.code === 'invalid_type' ? [wanted(i.expected)] : []));
    const choices = [...words, ...new Set(types)].join(', ');
    return [`${at}: is ${shown(value)}, but one of these is wanted: ${choices}.${meant(value, words)}`];
  };
  return [...new Set(issues.flatMap((issue) => describe(issue, [])))];
}

/** What a schema says of it, else of the bounds in our words. */
function said(issue: Issue): string {
  if (!issue.message.startsWith('Too ') || (issue.code !== 'too_small' && issue.code !== 'too_big'))
    return issue.message;
  const [bound, within, beyond] =
    issue.code === 'too_small' ? [issue.minimum, 'at least', 'above'] : [issue.maximum, 'at most', 'below'];
  const text = `${issue.inclusive === false ? beyond : within} ${bound}`;
  if (issue.origin === 'array') return `must have ${text} of them`;
  return issue.origin === 'string' ? `must have ${text} letters` : `must be ${text}`;
}

const depth = (branch: readonly Issue[]): number => Math.max(0, ...branch.map((i) => i.path.length));
const list = (known: readonly unknown[]): string =>
  known.length > 0 ? ` Known: ${known.map(String).join(', ')}.` : '';

/** Names of the settings that exist at a path, for this input: a loss of kind gram has others than one of kind tv. */
function settingsAt(schema: SchemaNode, input: unknown, path: readonly PropertyKey[]): string[] {
  let nodes = [schema];
  for (let k = 0; k <= path.length; k++) {
    const value = valueAt(input, path.slice(0, k));
    nodes = nodes.flatMap((n) => choices(n, value));
    const next = path[k];
    if (next === undefined) continue;
    nodes = nodes.flatMap((n) => {
      if (typeof next === 'number') return n.items ? [n.items] : [];
      const child = n.properties?.[String(next)] ?? n.additionalProperties;
      return typeof child === 'object' ? [child] : [];
    });
  }
  return [...new Set(nodes.flatMap((n) => Object.keys(n.properties ?? {})))];
}

/** A node's alternatives; where `kind` tells them apart, the one that the value names. */
function choices(node: SchemaNode, value: unknown): SchemaNode[] {
  const all = [...(node.oneOf ?? []), ...(node.anyOf ?? [])].flatMap((n) => choices(n, value));
  if (all.length === 0) return [node];
  const kind = (value as { kind?: unknown } | null | undefined)?.kind;
  const named = all.filter((n) => n.properties?.kind?.const === kind && kind !== undefined);
  return named.length > 0 ? named : all;
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  let at: unknown = root;
  for (const p of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, p)) return undefined;
    at = (at as Record<PropertyKey, unknown>)[p];
  }
  return at;
}

const TYPES: Readonly<Record<string, string>> = {
  array: 'a list',
  tuple: 'a list',
  object: 'a group { }',
  record: 'a group { }',
  int: 'a whole number',
  string: 'a text',
  boolean: 'true or false',
};
const wanted = (expected: string): string => TYPES[expected] ?? `a ${expected}`;
