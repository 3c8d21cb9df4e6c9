import type { JsonSchema } from './components.ts';
import type { OpenApiDocument, Operation } from './document.ts';
import { shapeOf } from './shape.ts';

export const PAGE_STYLE = `:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}
body{max-width:60rem;margin:0 auto;padding:1rem}
summary{cursor:pointer;padding:.3rem 0}
summary code{font-weight:600}
details{border-bottom:1px solid #8884}
details>*:not(summary){margin-left:1.5rem}
table{border-collapse:collapse;margin-block:.5rem}
td,th{padding:.15rem .8rem .15rem 0;text-align:left;vertical-align:top}
code,pre{font:.9em/1.5 ui-monospace,monospace}
pre{overflow-x:auto;padding:.5rem;background:#8882}
.m{display:inline-block;width:4.5rem;font-weight:700}
.s{color:#888}`;

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** The document as one page of HTML that loads nothing and runs no script. */
export function documentPage(document: OpenApiDocument): string {
  const { info, tags, paths, components } = document;
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  const sections = tags.map(({ name, description }) => {
    const own = operations.filter(({ operation }) => operation.tags.includes(name));
    return `<h2 id="${name}">${name}</h2><p>${words(description)}</p>${own.map(operationHtml).join('')}`;
  });
  const links = [...tags.map(({ name }) => name), 'Schemas'].map((name) => `<a href="#${name}">${name}</a>`);
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escape(info.title)} API</title><style>${PAGE_STYLE}</style></head><body>
<h1>${escape(info.title)} API ${escape(info.version)}</h1>
${info.description
  .split('\n\n')
  .map((part) => `<p>${words(part)}</p>`)
  .join('')}
<p>For programs: <a href="openapi.json">openapi.json</a>. Here: ${links.join(', ')}.</p>
${sections.join('\n')}
<h2 id="Schemas">Schemas</h2>${Object.entries(components.schemas).map(schemaHtml).join('')}
</body></html>`;
}

function operationHtml({ path, method, operation }: { path: string; method: string; operation: Operation }): string {
  const { operationId, summary, description, parameters, requestBody, responses } = operation;
  const parts = [
    description === undefined ? '' : `<p>${words(description)}</p>`,
    table(
      ['Parameter', 'In', 'Form', ''],
      parameters.map((one) => [
        `<code>${escape(one.name)}</code>${one.required ? ' *' : ''}`,
        one.in,
        form(one.schema),
        words(one.description ?? ''),
      ]),
    ),
    ...Object.entries(requestBody?.content ?? {}).map(
      ([type, { schema }]) =>
        `<p>Body, <code>${escape(type)}</code>: ${form(schema)}. ${words(requestBody?.description ?? '')}</p>`,
    ),
    table(
      ['Answer', 'Form', ''],
      Object.entries(responses).map(([status, { description: said, content = {} }]) => [
        status,
        Object.entries(content)
          .map(([type, { schema }]) => (type === 'application/json' ? form(schema) : `<code>${escape(type)}</code>`))
          .join(' or '),
        words(said),
      ]),
    ),
  ];
  const title = `<span class="m">${method.toUpperCase()}</span><code>${escape(path)}</code> <span class="s">${words(summary)}</span>`;
  return `<details id="${escape(operationId)}"><summary>${title}</summary>${parts.join('')}</details>`;
}

function schemaHtml([name, schema]: readonly [string, JsonSchema]): string {
  const required = new Set((schema['required'] ?? []) as string[]);
  const rows = Object.entries((schema['properties'] ?? {}) as Record<string, JsonSchema>).map(([key, member]) => [
    `<code>${escape(key)}</code>${required.has(key) ? ' *' : ''}`,
    form(member),
    words(typeof member['description'] === 'string' ? member['description'] : ''),
  ]);
  const said = typeof schema['description'] === 'string' ? `<p>${words(schema['description'])}</p>` : '';
  return `<details id="${name}"><summary><code>${name}</code></summary>${said}${table(['Key', 'Form', ''], rows)}</details>`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const line = (cells: readonly string[], tag: string): string =>
    `<tr>${cells.map((cell) => `<${tag}>${cell}</${tag}>`).join('')}</tr>`;
  return `<table>${line(head, 'th')}${rows.map((row) => line(row, 'td')).join('')}</table>`;
}

/** Names of schemas are links. */
function form(schema: JsonSchema): string {
  const shape = escape(shapeOf(schema)).replaceAll(/\b[A-Z][A-Za-z]+\b/g, (name) => `<a href="#${name}">${name}</a>`);
  return `<code>${shape}</code>`;
}

/** Text with `code`. */
function words(text: string): string {
  return escape(text).replaceAll(/`([^`]+)`/g, '<code>$1</code>');
}

function escape(text: string): string {
  return text.replaceAll(/[&<>"]/g, (char) => ESCAPES[char] ?? char);
}
