import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createClientAddress, limitKey } from '../../../../gateway/auth/client-address.ts';

describe('without trusted proxies', () => {
  const addressOf = createClientAddress([]);

  test.each([
    ['IPv4', '203.0.113.7', '203.0.113.7'],
    ['IPv6', '2001:db8::1', '2001:db8::1'],
    ['IPv6 written out, as the server gives it', '2001:0DB8:0000:0000:0000:0000:0000:0001', '2001:db8::1'],
    ['IPv4 mapped into IPv6', '::ffff:203.0.113.7', '203.0.113.7'],
    ['the same written out', '0000:0000:0000:0000:0000:ffff:cb00:7107', '203.0.113.7'],
    ['a zone', 'fe80::1%eth0', 'fe80::1'],
    ['no address', '', ''],
  ])('%s', (_name, peer, address) => {
    expect(addressOf(peer, '')).toBe(address);
  });

  test.each(['198.51.100.1', '127.0.0.1', '203.0.113.7, 127.0.0.1'])('ignores a forged "%s"', (forwarded) => {
    expect(addressOf('203.0.113.7', forwarded)).toBe('203.0.113.7');
    expect(addressOf('127.0.0.1', forwarded)).toBe('127.0.0.1');
  });
});

describe('behind trusted proxies', () => {
  const addressOf = createClientAddress(['10.0.0.0/8', '192.0.2.10', '2001:db8:aaaa::/48', '::1']);

  test.each([
    ['the one entry', '10.1.2.3', '203.0.113.7', '203.0.113.7'],
    ['no header', '10.1.2.3', '', '10.1.2.3'],
    ['an untrusted peer', '11.0.0.1', '203.0.113.7', '11.0.0.1'],
    ['the right-most entry, the rest is forged', '10.1.2.3', '198.51.100.1, 203.0.113.7', '203.0.113.7'],
    ['a forged trusted address does not help', '10.1.2.3', '10.9.9.9, 203.0.113.7', '203.0.113.7'],
    ['a chain of proxies', '10.1.2.3', '203.0.113.7, 192.0.2.10,10.0.0.1', '203.0.113.7'],
    ['only proxies: the furthest', '10.1.2.3', '10.0.0.9, 192.0.2.10', '10.0.0.9'],
    ['not the neighbour of a trusted address', '192.0.2.11', '203.0.113.7', '192.0.2.11'],
    ['a trusted IPv6 peer', '2001:db8:aaaa:1::5', '2001:db8:bbbb::1', '2001:db8:bbbb::1'],
    ['an untrusted IPv6 peer', '2001:db8:aaab::5', '203.0.113.7', '2001:db8:aaab::5'],
    ['a trusted peer mapped into IPv6', '::ffff:10.1.2.3', '203.0.113.7', '203.0.113.7'],
    ['a mapped entry', '::1', '::FFFF:203.0.113.7', '203.0.113.7'],
    ['an entry with a port', '10.1.2.3', '203.0.113.7:4711', '203.0.113.7'],
    ['an IPv6 entry in brackets', '10.1.2.3', '[2001:db8::1]', '2001:db8::1'],
    ['an IPv6 entry with a port', '10.1.2.3', '[2001:db8::1]:4711', '2001:db8::1'],
    ['an unreadable entry', '10.1.2.3', 'unknown', '10.1.2.3'],
    ['an unreadable entry hides what is left of it', '10.1.2.3', '203.0.113.7, x, 10.0.0.1', '10.0.0.1'],
    ['an empty entry', '10.1.2.3', '203.0.113.7,', '10.1.2.3'],
    ['an octal-looking entry', '10.1.2.3', '0203.0.113.7', '10.1.2.3'],
    ['injection', '10.1.2.3', '203.0.113.7\r\nX: y', '10.1.2.3'],
  ])('%s', (_name, peer, forwarded, address) => {
    expect(addressOf(peer, forwarded)).toBe(address);
  });

  test('a client can not choose its address by what it sends itself', () => {
    fc.assert(
      fc.property(fc.string(), (forged) => {
        expect(addressOf('10.1.2.3', `${forged}, 203.0.113.7`)).toBe('203.0.113.7');
      }),
    );
  });
});

describe('TRUSTED_PROXIES', () => {
  test.each(['0.0.0.0/0', '10.0.0.0/8', '::ffff:10.0.0.0/104', '::ffff:10.1.2.3', '10.1.2.3/32'])(
    'understands %s',
    (entry) => {
      expect(createClientAddress([entry])('10.1.2.3', '203.0.113.7')).not.toBe('10.1.2.3');
    },
  );

  test.each([
    '',
    'proxy.example',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    '10.0.0/8',
    '::/129',
    '::ffff:10.0.0.0/8',
    '10.0.0.0/8 ',
    '10.0.0.0/0x8',
  ])('refuses "%s" by name', (entry) => {
    expect(() => createClientAddress(['10.0.0.1', entry])).toThrow(
      expect.objectContaining({
        name: 'ConfigError',
        message: `TRUSTED_PROXIES: "${entry}" is no IP address or CIDR block`,
      }),
    );
  });
});

describe('limitKey', () => {
  test.each([
    ['203.0.113.7', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::1', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:db8:0:0:1::', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['1::', '1:0:0:0::/64'],
    ['', ''],
  ])('%s is counted as %s', (address, key) => {
    expect(limitKey(address)).toBe(key);
  });

  test('is the same for all of a /64 and for no other', () => {
    const group = fc.integer({ min: 0, max: 0xffff }).map((bits) => bits.toString(16));
    const half = fc.array(group, { minLength: 4, maxLength: 4 }).map((groups) => groups.join(':'));
    const addressOf = createClientAddress([]);
    const keyOf = (network: string, host: string): string => limitKey(addressOf(`${network}:${host}`, ''));
    fc.assert(
      fc.property(half, half, half, half, (network, otherNetwork, host, otherHost) => {
        fc.pre(network !== '0:0:0:0' && otherNetwork !== '0:0:0:0');
        expect(keyOf(network, host)).toBe(keyOf(network, otherHost));
        if (network !== otherNetwork) expect(keyOf(network, host)).not.toBe(keyOf(otherNetwork, host));
      }),
    );
  });
});
