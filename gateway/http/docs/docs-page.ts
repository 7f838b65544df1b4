import type {
  AsyncApiChannel,
  AsyncApiDocument,
  AsyncApiMessage,
  AsyncApiOperation,
} from '../../../shared/documentation/asyncapi-document.ts';
import { html, prose, type Html } from './html.ts';
import { fieldsOf, type Field } from './schema-fields.ts';

/** The AsyncAPI document for people: one page without scripts. */
export function docsPage(document: AsyncApiDocument): string {
  const { info, servers, channels, components } = document;
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${info.title}</title>
        <link rel="stylesheet" href="/docs.css" />
      </head>
      <body>
        <nav aria-label="Contents">
          <p><strong>${info.title}</strong></p>
          <ul>
            <li>
              <a href="#channels">Channels</a>
              <ul>
                ${Object.entries(channels).map(([key, { title }]) => html`<li><a href="#${key}">${title}</a></li>`)}
              </ul>
            </li>
            <li><a href="#messages">Messages</a></li>
          </ul>
        </nav>
        <main>
          <h1>${info.title}</h1>
          ${info.description.split('\n\n').map((text) => html`<p>${prose(text)}</p>`)}
          <p>For programs: <a href="/asyncapi.json">asyncapi.json</a> (AsyncAPI 3).</p>
          <table>
            <thead>
              <tr>
                <th scope="col">server</th>
                <th scope="col">protocol</th>
                <th scope="col">what</th>
              </tr>
            </thead>
            <tbody>
              ${Object.values(servers).map(
                ({ host, protocol, description }) =>
                  html`<tr>
                    <td><code>${host}</code></td>
                    <td>${protocol}</td>
                    <td>${description}</td>
                  </tr>`,
              )}
            </tbody>
          </table>
          <h2 id="channels">Channels</h2>
          ${Object.entries(channels).map(([key, channel]) => channelSection(document, key, channel))}
          <h2 id="messages">Messages</h2>
          ${Object.values(components.messages).map(messageSection)}
        </main>
      </body>
    </html> `;
  return page.text;
}

function channelSection(document: AsyncApiDocument, key: string, channel: AsyncApiChannel): Html {
  const operations = Object.values(document.operations).filter(
    (operation) => operation.channel.$ref === `#/channels/${key}`,
  );
  return html`<section aria-labelledby="${key}">
    <h3 id="${key}">${channel.title}</h3>
    <p><code class="address">${channel.address}</code></p>
    <p>${prose(channel.description)}</p>
    ${operations.map((operation) => operationList(document, operation))}
  </section> `;
}

function operationList(document: AsyncApiDocument, { action, messages }: AsyncApiOperation): Html {
  const names = messages.map(({ $ref }) => $ref.split('/').at(-1) ?? '');
  return html`<p>The gateway ${action === 'send' ? 'sends' : 'receives'}</p>
    <ul class="messages">
      ${names.map((name) => {
        const title = document.components.messages[name]?.title ?? name;
        return html`<li><a href="#${name}">${title}</a></li>`;
      })}
    </ul> `;
}

function messageSection({ name, title, summary, payload, examples }: AsyncApiMessage): Html {
  const fields = fieldsOf(payload);
  return html`<section aria-labelledby="${name}">
    <h3 id="${name}">${title} <small>${name.split('.', 1).join('')}</small></h3>
    <p>${prose(summary)}</p>
    ${fields.length > 0 ? fieldTable(name, fields) : html`<p>Any JSON object.</p>`}
    ${examples.map(({ payload: example }) => html`<pre tabindex="0"><code>${JSON.stringify(example, null, 2)}</code></pre>`)}
  </section> `;
}

function fieldTable(name: string, fields: readonly Field[]): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Fields of ${name}">
    <table>
      <thead>
        <tr>
          <th scope="col">field</th>
          <th scope="col">type</th>
          <th scope="col">notes</th>
        </tr>
      </thead>
      <tbody>
        ${fields.map(
          ({ path, type, required, notes }) =>
            html`<tr>
              <td><code>${path}</code></td>
              <td>${type}${required ? '' : ', optional'}</td>
              <td>${notes.join('; ')}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
