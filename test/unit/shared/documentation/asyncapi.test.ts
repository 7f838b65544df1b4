import { Parser } from '@asyncapi/parser';
import { beforeAll, describe, expect, it } from 'vitest';
import { asyncApiDocument } from '../../../../shared/documentation/asyncapi.ts';
import { clientMessage } from '../../../../shared/socket-protocol/client-messages.ts';
import { serverEventData } from '../../../../shared/socket-protocol/server-events.ts';
import { examples, tableUnder } from '../../../protocol/protocol-page.ts';

/** Of the parser: errors and warnings. What is above is advice. */
const WARNING = 1;
const document = asyncApiDocument();
const ofMessage = ({ $ref }: { readonly $ref: string }): string => $ref.split('/').at(-1) ?? '';

describe('the AsyncAPI document', () => {
  let parsed: Awaited<ReturnType<Parser['parse']>>;
  beforeAll(async () => {
    parsed = await new Parser().parse(JSON.stringify(document));
  });

  it('is valid', () => {
    expect(parsed.diagnostics.filter(({ severity }: { severity: number }) => severity <= WARNING)).toEqual(
      [],
    );
    expect(parsed.document?.version()).toBe('3.0.0');
  });

  it('is seen from the gateway: what a client sends it receives', () => {
    const received = parsed.document?.operations().get('receiveChatSocket')?.messages().all() ?? [];
    const types = clientMessage.options.map((option) => option.shape.type.value);
    expect(received.map((message) => message.title())).toEqual(types);
  });

  it('has every event on a socket of a session but heartbeat, which is for investigations', () => {
    const sent = document.operations['sendChatSocket']?.messages.map(ofMessage) ?? [];
    const events = Object.keys(serverEventData).filter((type) => type !== 'heartbeat');
    expect(new Set(sent)).toEqual(
      new Set([...events.map((type) => `server.${type}`), 'server.investigation_update']),
    );
  });

  it('has every subject that PROTOCOL.md names for publishing', () => {
    const addresses = Object.values(document.channels).map(({ address }) =>
      address.replaceAll(/\{(\w+?)(_id)?\}/g, '<$1>'),
    );
    const subjects = tableUnder('NATS subjects').map(([subject = '']) => subject);
    expect(subjects.length).toBeGreaterThan(5);
    for (const subject of subjects.filter((each) => !each.endsWith('.>'))) {
      const [root = '', ...rest] = subject.split('.');
      const known = subject.includes('<id>')
        ? [root, ...rest]
            .join('.')
            .replace('<id>', root === 'investigation' ? '<investigation>' : '<session>')
        : subject;
      expect(addresses).toContain(known.replaceAll(/<(\w+?)_id>/g, '<$1>'));
    }
  });

  it('has the paths of PROTOCOL.md', () => {
    const paths = [...tableUnder('Endpoints'), ...tableUnder('Events over HTTP')]
      .map(([path = '']) => path)
      .filter((path) => path.startsWith('/'));
    expect(paths).toHaveLength(4);
    const addresses = Object.values(document.channels).map(({ address }) => address);
    for (const path of paths) expect(addresses).toContain(`/api/v1${path}`);
  });

  it('shows an example of everything', () => {
    for (const { examples: shown } of Object.values(document.components.messages)) {
      expect(shown).toHaveLength(1);
    }
    expect(examples('json').length).toBeGreaterThan(20);
  });
});
