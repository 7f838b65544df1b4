import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SessionShards } from '../../../shared/bus-protocol/session-shards.ts';
import { DisposalStack } from '../../../shared/lifecycle/disposal-stack.ts';
import type { NatsServer } from '../../support/nats-server.ts';
import {
  ensureStreamsAsOperator,
  RoleClient,
  ROLES,
  startRoleBroker,
  type Role,
} from '../../support/role-broker.ts';

let owned: DisposalStack;
let nats: NatsServer;
const clients = new Map<Role, RoleClient>();
beforeAll(async () => {
  owned = new DisposalStack();
  nats = owned.use(await startRoleBroker({}, 1));
  await ensureStreamsAsOperator(nats.url, undefined, new SessionShards(1));
  for (const role of ROLES) clients.set(role, owned.use(await RoleClient.connect(nats.url, role)));
});
afterAll(() => owned[Symbol.asyncDispose]());

async function rolesThat(
  may: (client: RoleClient) => Promise<boolean>,
  asked: ReadonlyMap<Role, RoleClient> = clients,
): Promise<Role[]> {
  const allowed: Role[] = [];
  for (const [role, client] of asked) if (await may(client)) allowed.push(role);
  return allowed;
}

/** Every row of the contract, and what lies next to it. */
const PUBLISHING: readonly (readonly [subject: string, roles: readonly Role[]])[] = [
  ['investigation.INV-1.anomaly', ['publisher']],
  ['investigation.INV-1.progress', ['publisher']],
  ['session.s.notification', ['publisher']],
  ['chat.request.s.r', ['gateway']],
  ['session.s.chat.r', ['gateway', 'worker']],
  ['session.s.cancel.r', ['gateway']],
  ['state.session.s', ['gateway']],
  ['control.revoke', ['operator']],
  ['control.forget', ['operator']],
  ['control.forgotten', ['gateway']],
  ['internal.presence.s', ['gateway', 'worker']],
  ['internal.inspect.all', ['gateway', 'worker', 'operator']],
  ['internal.inspect.stored', ['gateway', 'worker', 'operator']],
  ['internal.inspected.i', ['gateway', 'worker']],
  ...[
    'live.session.s.chat.r',
    'live.session.s.notification',
    'live.session.s.cancel.r',
    'live.investigation.INV-1.anomaly',
    'live.state.session.s',
    'live.control.revoke',
    'live.x',
    'control.other',
    'session.s',
    'session.s.other',
    'session.s.chat',
    'session.s.chat.r.x',
    'session.s.notification.x',
    'investigation.INV-1',
    'investigation.INV-1.a.b',
    'chat.request.s',
    'chat.other.s.r',
    'state.other.s',
    'anything',
    '_INBOX.x.1',
    '_INBOX_gateway.x.1',
    '_INBOX_worker.x.1',
    '_INBOX_operator.x.1',
    '_R_.x.1',
    '$SYS.REQ.SERVER.PING',
    '$SYS.ACCOUNT.REALTIME.CONNECT',
  ].map((subject) => [subject, []] as const),
];

/** What of the JetStream API each role has. */
const JETSTREAM: readonly (readonly [subject: string, roles: readonly Role[]])[] = [
  ['$JS.API.INFO', ['gateway', 'worker', 'operator']],
  ['$JS.API.STREAM.INFO.SESSIONS', ['gateway', 'worker', 'operator']],
  ['$JS.API.STREAM.CREATE.OTHER', ['operator']],
  ['$JS.API.STREAM.UPDATE.SESSIONS', ['operator']],
  ['$JS.API.STREAM.PURGE.SESSIONS', ['gateway']],
  ['$JS.API.STREAM.PURGE.CHAT_REQUESTS', []],
  ['$JS.API.STREAM.PURGE.CONTROL', []],
  ['$JS.API.STREAM.PURGE.SESSION_STATE', []],
  ['$JS.API.STREAM.PURGE.INVESTIGATIONS', []],
  ['$JS.API.STREAM.MSG.DELETE.SESSIONS', []],
  ['$JS.API.STREAM.MSG.DELETE.CHAT_REQUESTS', ['gateway']],
  ['$JS.API.STREAM.MSG.DELETE.CONTROL', []],
  ['$JS.API.STREAM.SNAPSHOT.SESSIONS', []],
  ['$JS.API.STREAM.RESTORE.SESSIONS', []],
  ['$JS.API.STREAM.MSG.GET.SESSIONS', ['gateway', 'worker']],
  ['$JS.API.STREAM.MSG.GET.SESSION_STATE', ['gateway', 'worker']],
  ['$JS.API.STREAM.MSG.GET.CONTROL', ['gateway']],
  ['$JS.API.STREAM.MSG.GET.CHAT_REQUESTS', ['gateway', 'worker']],
  ['$JS.API.DIRECT.GET.SESSIONS', ['gateway', 'worker']],
  ['$JS.API.DIRECT.GET.SESSION_STATE', []],
  ['$JS.API.CONSUMER.CREATE.SESSIONS.c.session.s.>', ['gateway', 'worker']],
  ['$JS.API.CONSUMER.CREATE.CONTROL.c.control.*', ['gateway']],
  ['$JS.API.CONSUMER.CREATE.CHAT_REQUESTS.c', ['operator']],
  ['$JS.API.CONSUMER.DELETE.CHAT_REQUESTS.chat-worker', []],
  ['$JS.API.CONSUMER.INFO.CHAT_REQUESTS.chat-worker', ['gateway', 'worker', 'operator']],
  ['$JS.API.CONSUMER.MSG.NEXT.CHAT_REQUESTS.chat-worker', ['worker']],
  ['$JS.API.CONSUMER.MSG.NEXT.CHAT_REQUESTS.other', []],
  ['$JS.ACK.CHAT_REQUESTS.chat-worker.1.1.1.1.1', ['worker']],
  ['$JS.ACK.SESSIONS.other.1.1.1.1.1', []],
];

const SUBSCRIBING: readonly (readonly [subject: string, roles: readonly Role[]])[] = [
  ['live.session.s.>', ['gateway']],
  ['live.investigation.INV-1.*', ['gateway']],
  ['live.state.session.*', ['gateway']],
  ['live.control.*', ['gateway']],
  ['live.session.*.cancel.*', ['gateway', 'worker']],
  ['internal.>', ['gateway', 'worker']],
  ['internal.inspected.i', ['gateway', 'worker', 'operator']],
  ['internal.inspect.all', ['gateway', 'worker']],
  ['internal.presence.*', ['gateway', 'worker']],
  ['$JS.EVENT.ADVISORY.STREAM.LEADER_ELECTED.SESSIONS', ['gateway']],
  ['_INBOX_gateway.>', ['gateway']],
  ['_INBOX_worker.>', ['worker']],
  ['_INBOX_operator.>', ['operator']],
  ['_INBOX_publisher.>', ['publisher']],
  // The publishers' is one of another account: there is nothing of the services in it.
  ['_INBOX.>', ['publisher', 'operator']],
  ...[
    '>',
    '*.>',
    'live.>',
    'session.>',
    'session.s.chat.r',
    'chat.request.>',
    'state.>',
    'control.>',
    'investigation.>',
    '$JS.API.>',
    '$JS.ACK.>',
    '$JS.EVENT.ADVISORY.>',
    '$SYS.>',
    '_INBOX_*.>',
    '_R_.>',
  ].map((subject) => [subject, []] as const),
];

describe('who may publish', () => {
  it.each(PUBLISHING)('on %s: %j', async (subject, roles) => {
    expect(await rolesThat((client) => client.mayPublish(subject))).toEqual(roles);
  });
});

describe('who may ask JetStream for', () => {
  it.each(JETSTREAM)('%s: %j', async (subject, roles) => {
    expect(await rolesThat((client) => client.mayPublish(subject))).toEqual(roles);
  });
});

describe('who may hear', () => {
  it.each(SUBSCRIBING)('%s: %j', async (subject, roles) => {
    expect(await rolesThat((client) => client.maySubscribe(subject))).toEqual(roles);
  });
});

/** With sessions in two streams: what was allowed of one is allowed of each, under both names. */
const SHARDED: typeof PUBLISHING = [
  ['session.s.notification', ['publisher']],
  ['session.s.chat.r', ['gateway', 'worker']],
  ['session.s.cancel.r', ['gateway']],
  ['$JS.API.STREAM.INFO.SESSIONS_0', ['gateway', 'worker', 'operator']],
  ['$JS.API.STREAM.PURGE.SESSIONS_1', ['gateway']],
  ['$JS.API.STREAM.PURGE.SESSION_STATE', []],
  ['$JS.API.STREAM.MSG.GET.SESSIONS_0', ['gateway', 'worker']],
  ['$JS.API.STREAM.MSG.GET.CONTROL', ['gateway']],
  ['$JS.API.DIRECT.GET.SESSIONS_1', ['gateway', 'worker']],
  ['$JS.API.CONSUMER.CREATE.SESSIONS_1.c.shard.1.session.s.>', ['gateway', 'worker']],
  ['$JS.API.CONSUMER.CREATE.CHAT_REQUESTS.c', ['operator']],
];

/** What is stored: nobody but its writers may say so, past the mapping. */
const STORED: typeof PUBLISHING = [
  ['shard.0.session.s.chat.r', ['gateway', 'worker']],
  ['shard.1.session.s.cancel.r', ['gateway']],
  ['shard.1.session.s.notification', []],
  ['shard.1.session.s.other', []],
  ['shard.0.x', []],
];

describe('with sessions in two streams', () => {
  const sharded = new Map<Role, RoleClient>();
  let stack: DisposalStack;
  beforeAll(async () => {
    stack = new DisposalStack();
    const broker = stack.use(await startRoleBroker({}, 2));
    await ensureStreamsAsOperator(broker.url, undefined, new SessionShards(2));
    for (const role of ROLES) sharded.set(role, stack.use(await RoleClient.connect(broker.url, role)));
  });
  afterAll(() => stack[Symbol.asyncDispose]());

  it.each([...SHARDED, ...STORED])('who may publish on %s: %j', async (subject, roles) => {
    expect(await rolesThat((client) => client.mayPublish(subject), sharded)).toEqual(roles);
  });
});

describe('nobody gets in', () => {
  it('without a password, or with another role’s', async () => {
    const { connect } = await import('@nats-io/transport-node');
    for (const options of [
      {},
      { user: 'gateway' },
      { user: 'gateway', pass: 'p-of-worker' },
      { user: 'system', pass: 'p-of-operator' },
      { token: 'p-of-gateway' },
    ]) {
      await expect(connect({ servers: nats.url, reconnect: false, ...options })).rejects.toThrow(
        /authorization/i,
      );
    }
  });
});
