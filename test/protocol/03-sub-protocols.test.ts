import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshId } from '../support/fresh-id.ts';
import { rawUpgrade } from '../support/raw-upgrade.ts';
import { System } from '../support/system.ts';
import { USER_TOKEN_SECRET, userToken } from '../support/user-token.ts';

const token = userToken({ sub: 'maria' });

let system: System;
beforeAll(async () => {
  system = await System.start({ environment: { JWT_SECRET: USER_TOKEN_SECRET } });
});
afterAll(() => system[Symbol.asyncDispose]());

async function selectedFor(offered: string | undefined): Promise<string | undefined> {
  const headers = offered === undefined ? {} : { 'Sec-WebSocket-Protocol': offered };
  const answer = await rawUpgrade(system.gateways[0]?.port ?? 0, `/ws/chat/${freshId('s')}`, headers);
  expect(answer.status).toBe(101);
  for (const value of answer.headers.values()) expect(value).not.toContain(token);
  return answer.headers.get('sec-websocket-protocol');
}

describe('selection', () => {
  it.each([
    ['nothing', undefined, undefined],
    ['cidadao.v1', 'cidadao.v1', 'cidadao.v1'],
    ['the pair', `bearer, ${token}`, 'bearer'],
    ['the pair after cidadao.v1', `cidadao.v1, bearer, ${token}`, 'cidadao.v1'],
    ['the pair before cidadao.v1', `bearer, ${token}, cidadao.v1`, 'cidadao.v1'],
    ['the pair without spaces', `cidadao.v1,bearer,${token}`, 'cidadao.v1'],
    ['a later version and ours', 'cidadao.v2, cidadao.v1', 'cidadao.v1'],
    ['others only', 'graphql-ws, mqtt', undefined],
  ])('of %s', async (_, offered, selected) => {
    expect(await selectedFor(offered)).toBe(selected);
  });

  it('of the pair alone leaves a socket with that identity', async () => {
    await using socket = await system.openChat(freshId('s'), { subProtocols: ['bearer', token] });
    expect(socket.subProtocol).toBe('bearer');
    socket.send({ type: 'chat', data: { message: 'Olá' } });
    expect((await socket.next('chat_accepted')).data['user']).toEqual({ id: 'maria' });
  });
});

it('decides who is closed with 1001 and who is cut when the gateway goes away', async () => {
  const gateway = system.gateways.length;
  const leaving = await system.addGateway();
  const knowing = await system.openChat(freshId('s'), { gateway });
  const original = await system.openChat(freshId('s'), { gateway, subProtocols: [] });
  const bearer = await system.openChat(freshId('s'), { gateway, subProtocols: ['bearer', token] });
  const watching = await system.openInvestigation(freshId('INV'), { gateway });
  const originalWatching = await system.openInvestigation(freshId('INV'), { gateway, subProtocols: [] });
  await leaving.drain();
  expect(await knowing.closed).toEqual({ code: 1001, reason: 'Going away' });
  expect(await watching.closed).toEqual({ code: 1001, reason: 'Going away' });
  for (const socket of [original, bearer, originalWatching]) {
    expect(await socket.closed).toEqual({ code: 1006, reason: '' });
  }
});
