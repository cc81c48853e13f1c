// What the service says of itself: an OpenAPI document, from the schemas that check what comes in.
import { VERSION } from '../base/version';
import { recipeJsonSchema } from '../recipes/recipe';

const ref = (name: string): object => ({ $ref: `#/components/schemas/${name}` });
const answer = (description: string, schema?: object, type = 'application/json'): object => ({
  description,
  ...(schema && { content: { [type]: { schema } } }),
});
const refused = answer('refused: what, and why', ref('Error'));
const REFUSALS = { '4XX': refused, '503': refused };
const id = { name: 'id', in: 'path', required: true, schema: { type: 'string', pattern: '^[0-9a-f]{64}$' } };
const binary = { type: 'string', format: 'binary' };

/** OpenAPI 3.1. */
export function openApi(): object {
  const recipe = { oneOf: [ref('Recipe'), { type: 'string', description: 'the name of one that comes with toroid' }] };
  return {
    openapi: '3.1.0',
    info: { title: 'toroid', version: VERSION, description: 'Seamless textures from a picture.' },
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
      schemas: {
        Recipe: recipeJsonSchema(),
        Job: {
          type: 'object',
          required: ['id', 'state', 'share'],
          properties: {
            id: id.schema,
            state: { enum: ['waiting', 'running', 'done', 'failed', 'cancelled'] },
            share: { type: 'number', minimum: 0, maximum: 1, description: 'of all work' },
            left: { type: 'number', description: 'seconds left' },
            error: { type: 'string', description: 'why it failed' },
          },
        },
        Error: {
          type: 'object',
          properties: {
            error: { type: 'object', properties: { code: { type: 'string' }, message: { type: 'string' } } },
          },
        },
      },
    },
    security: [{ bearer: [] }],
    paths: {
      '/v1/jobs': {
        post: {
          summary: 'Give it a job: a recipe and its pictures, each a file under the name of its input',
          parameters: [
            {
              name: 'Idempotency-Key',
              in: 'header',
              schema: { type: 'string' },
              description: 'a request that comes twice is one',
            },
          ],
          requestBody: {
            required: true,
            content: {
              'multipart/form-data': {
                schema: { type: 'object', required: ['recipe'], properties: { recipe }, additionalProperties: binary },
              },
              'application/json': { schema: { type: 'object', required: ['recipe'], properties: { recipe } } },
            },
          },
          responses: {
            '202': answer('taken, or there already', ref('Job')),
            '429': answer('too much at once: see Retry-After', ref('Error')),
            ...REFUSALS,
          },
        },
      },
      '/v1/jobs/{id}': {
        parameters: [id],
        get: { summary: 'How far it is', responses: { '200': answer('the job', ref('Job')), ...REFUSALS } },
        delete: { summary: 'Cancel it', responses: { '202': answer('the job', ref('Job')), ...REFUSALS } },
      },
      '/v1/jobs/{id}/events': {
        parameters: [id],
        get: {
          summary: 'Events `progress`, then `done`, `failed` or `cancelled`, each with the job',
          responses: { '200': answer('server-sent events', { type: 'string' }, 'text/event-stream'), ...REFUSALS },
        },
      },
      '/v1/jobs/{id}/result': {
        parameters: [id],
        get: {
          summary: 'The picture',
          responses: {
            '200': answer('a PNG or TIFF', binary, 'image/png'),
            '303': answer('its address at the store, with --presign'),
            ...REFUSALS,
          },
        },
      },
      '/healthz': { get: { summary: 'Whether it runs', security: [], responses: { '200': answer('it does') } } },
      '/readyz': {
        get: {
          summary: 'Whether queue and store answer',
          security: [],
          responses: { '200': answer('they do'), '503': answer('they do not') },
        },
      },
      '/metrics': { get: { summary: 'For Prometheus', responses: { '200': answer('its text format') } } },
    },
  };
}

/** The document for people. */
export function openApiPage(): string {
  const { paths } = openApi() as { paths: Record<string, Record<string, { summary?: string }>> };
  const rows = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, what]) => what.summary)
      .map(([method, what]) => `<tr><td>${method.toUpperCase()}<td><code>${path}</code><td>${what.summary}`),
  );
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>toroid ${VERSION}</title>
<style>body{font:15px/1.5 system-ui;margin:3em auto;max-width:56em;padding:0 1em}td{padding:.3em 1em .3em 0;vertical-align:top}</style>
<h1>toroid ${VERSION}</h1><table>${rows.join('\n')}</table>
<p><a href="/openapi.json">openapi.json</a> has all of it, with the schema of recipes.</p>
<pre>curl -F recipe=texture-copy -F style=@stone.jpg http://.../v1/jobs</pre>
<p>A service that other machines may ask wants a token: <code>-H 'Authorization: Bearer ...'</code>.</p>
`;
}
