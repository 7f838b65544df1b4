import { describe, expect, it } from 'vitest';
import { createClientAddress } from '../../../gateway/auth/client-address.ts';
import { allowedOrigins, readGatewayConfig, trustedProxies } from '../../../gateway/config.ts';

const PRODUCTION = { NODE_ENV: 'production', ALLOWED_ORIGINS: 'https://app.example.org' };

describe('origins', () => {
  it.each([
    ['unset', undefined, '*'],
    ['*', '*', '*'],
    ['one among others', 'https://a.example, *', '*'],
    ['a list', ' https://a.example ,http://localhost:3000,', ['https://a.example', 'http://localhost:3000']],
  ])('are read when they are %s', (_name, text, expected) => {
    expect(allowedOrigins(readGatewayConfig({ ALLOWED_ORIGINS: text }))).toEqual(expected);
  });

  it.each([
    'https://app.example/',
    'https://app.example/chat',
    'app.example',
    'https://APP.example',
    'https://*.example',
    'https://app.example:443',
  ])('that no browser sends, such as %s, are a mistake and are named', (text) => {
    const read = (): unknown => readGatewayConfig({ ALLOWED_ORIGINS: `https://a.example,${text}` });
    expect(read).toThrow(`ALLOWED_ORIGINS: "${text}"`);
  });

  it.each([undefined, '', '*', 'https://a.example,*'])('must be listed in production: %s', (text) => {
    expect(() => readGatewayConfig({ NODE_ENV: 'production', ALLOWED_ORIGINS: text })).toThrow(
      /^ALLOWED_ORIGINS: must be set/,
    );
  });
});

describe('limits for strangers', () => {
  it('hold in production, and elsewhere when they are set', () => {
    expect(readGatewayConfig(PRODUCTION)).toMatchObject({
      MAX_CHATS_PER_MINUTE: 60,
      MAX_CONNECTIONS_PER_IP: 100,
      MAX_CONNECTIONS_PER_SESSION: 100,
    });
    expect(readGatewayConfig({})).toMatchObject({
      MAX_CHATS_PER_MINUTE: Infinity,
      MAX_CONNECTIONS_PER_IP: Infinity,
      MAX_CONNECTIONS_PER_SESSION: Infinity,
    });
    const set = { MAX_CHATS_PER_MINUTE: '7', MAX_CONNECTIONS_PER_IP: '8' };
    const wanted = { MAX_CHATS_PER_MINUTE: 7, MAX_CONNECTIONS_PER_IP: 8 };
    expect(readGatewayConfig(set)).toMatchObject(wanted);
    expect(readGatewayConfig({ ...PRODUCTION, ...set })).toMatchObject(wanted);
  });
});

describe('a setting that makes no sense', () => {
  it.each([
    ['MAX_CHATS_PER_MINUTE', '0'],
    ['MAX_CONNECTIONS_PER_IP', '-1'],
    ['MAX_CONNECTIONS_PER_SESSION', 'many'],
    ['HANDSHAKE_TIMEOUT_MS', '5s'],
    ['MAX_MESSAGE_BYTES', '1e4'],
    ['IDLE_TIMEOUT_SECONDS', '7'],
    ['AUTH_MODE', 'sometimes'],
    ['INVESTIGATION_ACCESS', 'yes'],
    ['JWKS_URL', 'not a url'],
  ])('%s=%s is named', (name, value) => {
    expect(() => readGatewayConfig({ [name]: value })).toThrow(name);
  });

  it('TRUSTED_PROXIES with something that is no address is named', () => {
    const config = readGatewayConfig({ TRUSTED_PROXIES: '10.0.0.0/8, proxy.example' });
    expect(() => createClientAddress(trustedProxies(config))).toThrow('TRUSTED_PROXIES: "proxy.example"');
  });
});
