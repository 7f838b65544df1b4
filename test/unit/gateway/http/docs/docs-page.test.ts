import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { html, prose } from '../../../../../gateway/http/docs/html.ts';
import { fieldsOf } from '../../../../../gateway/http/docs/schema-fields.ts';
import { jsonSchemaOf } from '../../../../../shared/documentation/json-schema.ts';

describe('what is put into a page', () => {
  it('is escaped, unless it is a piece of a page', () => {
    const evil = `<img src=x onerror="alert('1')">&`;
    const safe = '&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;';
    expect(html`<p>${evil}</p>`.text).toBe(`<p>${safe}</p>`);
    const items = [evil, 'b'].map((text) => html`<li>${text}</li>`);
    expect(html`${items}`.text).toBe(`<li>${safe}</li><li>b</li>`);
    expect(prose('a `<b>` c').text).toBe('a <code>&lt;b&gt;</code> c');
  });
});

describe('the fields of a schema', () => {
  it('are told with their types and limits, however deep', () => {
    const schema = z.object({
      type: z.literal('x'),
      data: z.object({
        name: z.string().min(1).max(9).optional(),
        people: z.array(z.object({ user: z.object({ id: z.string() }).nullable(), count: z.int().min(1) })),
        status: z.enum(['on', 'off']).default('on'),
        pair: z.tuple([z.string(), z.int()]),
        anything: z.unknown(),
        at: z.iso.datetime(),
      }),
    });
    const rows = fieldsOf(jsonSchemaOf(schema)).map(({ path, type, required, notes }) =>
      [path, type, required ? '' : 'optional', ...notes].join(' | '),
    );
    expect(rows).toEqual([
      'type | "x" | ',
      'data | object | ',
      'data.name | string | optional | 1 to 9 characters',
      'data.people | array of object | ',
      'data.people[].user | object or null | ',
      'data.people[].user.id | string | ',
      'data.people[].count | integer |  | from 1',
      'data.status | "on" or "off" | optional | default "on"',
      'data.pair | tuple | ',
      'data.anything | anything | ',
      'data.at | string |  | date-time',
    ]);
  });

  it('of one of several forms are those of all', () => {
    const schema = z.union([z.object({ session_id: z.string() }), z.object({ sub: z.string() })]);
    expect(fieldsOf(jsonSchemaOf(schema)).map(({ path }) => path)).toEqual(['session_id', 'sub']);
  });
});
