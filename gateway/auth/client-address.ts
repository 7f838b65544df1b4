import { BlockList, SocketAddress, isIP } from 'node:net';
import { ConfigError } from '../../shared/config/read-env.ts';

/** `peer` is the socket's address, `forwardedFor` the raw `X-Forwarded-For`, empty when there is none. */
export type ClientAddress = (peer: string, forwardedFor: string) => string;

const MAPPED_IPV4 = '::ffff:';
const MAPPED_IPV4_BITS = 96;

/**
 * Finds out who is at the other end. `X-Forwarded-For` counts only from a peer in `TRUSTED_PROXIES`, and then
 * the right-most entry that is no trusted proxy itself: everything to the left of it is the client's word.
 * The result is in its shortest form, IPv4 also where it came mapped into IPv6, so that one client has one name.
 *
 * @param trustedProxies addresses and CIDR blocks of both families
 * @throws ConfigError that names the entry that is neither
 */
export function createClientAddress(trustedProxies: readonly string[]): ClientAddress {
  const trusted = trustedList(trustedProxies);
  const isTrusted = (address: string): boolean => trusted.check(address, familyOf(address));
  return (peer, forwardedFor) => {
    const socketAddress = canonicalAddress(peer);
    if (socketAddress === undefined) return peer;
    // Then it makes no difference whether it is trusted.
    if (forwardedFor === '') return socketAddress;
    let client = socketAddress;
    const entries = forwardedFor.split(',');
    while (isTrusted(client)) {
      const forwarded = entries.pop();
      const address = forwarded === undefined ? undefined : canonicalAddress(withoutPort(forwarded.trim()));
      // Nothing further, or nothing readable ("unknown"): the last one a trusted proxy vouched for.
      if (address === undefined) break;
      client = address;
    }
    return client;
  };
}

/**
 * What limits are counted by: an IPv4 address, or the /64 of an IPv6 address, because a single subscriber has
 * at least that many to choose from (RFC 6177). Takes addresses as {@link createClientAddress} returns them.
 */
export function limitKey(address: string): string {
  if (isIP(address) !== 6) return address;
  const [head = '', tail = ''] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  if (address.includes('::')) {
    const after = tail === '' ? [] : tail.split(':');
    const missing = 8 - groups.length - after.length;
    groups.push(...Array.from({ length: missing }, () => '0'), ...after);
  }
  return `${groups.slice(0, 4).join(':')}::/64`;
}

function trustedList(entries: readonly string[]): BlockList {
  const list = new BlockList();
  for (const entry of entries) {
    const [text = '', prefix, ...rest] = entry.split('/');
    const address = canonicalAddress(text);
    const bits = address === undefined || rest.length > 0 ? undefined : prefixBits(text, address, prefix);
    if (address === undefined || bits === undefined) {
      throw new ConfigError(`TRUSTED_PROXIES: "${entry}" is no IP address or CIDR block`);
    }
    list.addSubnet(address, bits, familyOf(address));
  }
  return list;
}

/** The length of the block's prefix in the family of `address`; undefined when it makes no sense there. */
function prefixBits(text: string, address: string, prefix: string | undefined): number | undefined {
  const wholeBits = familyOf(address) === 'ipv4' ? 32 : 128;
  if (prefix === undefined) return wholeBits;
  if (!/^\d{1,3}$/.test(prefix)) return undefined;
  const isMapped = wholeBits === 32 && isIP(text) === 6;
  const bits = Number(prefix) - (isMapped ? MAPPED_IPV4_BITS : 0);
  return bits >= 0 && bits <= wholeBits ? bits : undefined;
}

function canonicalAddress(text: string): string | undefined {
  switch (isIP(text)) {
    case 4:
      return text;
    case 6: {
      const { address } = new SocketAddress({ family: 'ipv6', address: text });
      const mapped = address.startsWith(MAPPED_IPV4) ? address.slice(MAPPED_IPV4.length) : '';
      return isIP(mapped) === 4 ? mapped : address;
    }
    default:
      return undefined;
  }
}

/** Some proxies write `192.0.2.1:4711` or `[2001:db8::1]:4711`. */
function withoutPort(entry: string): string {
  const bracketed = /^\[([^\]]*)\](?::\d+)?$/.exec(entry)?.[1];
  return bracketed ?? /^([\d.]+):\d+$/.exec(entry)?.[1] ?? entry;
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 4 ? 'ipv4' : 'ipv6';
}
