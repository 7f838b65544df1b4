import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readTokenSource } from '../../../../gateway/auth/token-source.ts';
import type { RequestCredentials, TokenSource } from '../../../../gateway/auth/token-source.ts';

function read(request: Partial<RequestCredentials>): TokenSource {
  return readTokenSource({ query: '', authorization: '', subProtocols: '', ...request });
}

describe('where the token is', () => {
  test.each<[string, Partial<RequestCredentials>, string | undefined]>([
    ['nowhere', {}, undefined],
    ['the query', { query: 'token=a.b.c' }, 'a.b.c'],
    ['the query, among others', { query: 'since=x&token=a.b.c&y' }, 'a.b.c'],
    ['the query, percent-encoded', { query: 'token=a%2Eb%2ec' }, 'a.b.c'],
    ['an empty parameter means none', { query: 'token=' }, undefined],
    ['a parameter without value means none', { query: 'token' }, undefined],
    ['another parameter', { query: 'Token=a&xtoken=b' }, undefined],
    ['of two parameters the first', { query: 'token=first&token=second' }, 'first'],
    ['an empty first one still counts', { query: 'token=&token=second' }, undefined],
    ['broken percent-encoding stays as it is', { query: 'token=%zz%' }, '%zz%'],
    ['an encoded NUL and line end', { query: 'token=a%00%0D%0Ab' }, 'a\0\r\nb'],
    ['the header', { authorization: 'Bearer a.b.c' }, 'a.b.c'],
    ['the header in any case, with space', { authorization: ' bEARER   a.b.c ' }, 'a.b.c'],
    ['another scheme', { authorization: 'Basic dXNlcjpwYXNz' }, undefined],
    ['a scheme that only begins so', { authorization: 'Bearerx a.b.c' }, undefined],
    ['a header without token', { authorization: 'Bearer' }, undefined],
    ['a header with an empty token', { authorization: 'Bearer  ' }, undefined],
    ['the pair', { subProtocols: 'bearer, a.b.c' }, 'a.b.c'],
    ['the pair without space', { subProtocols: 'bearer,a.b.c' }, 'a.b.c'],
    ['the pair after the protocol', { subProtocols: 'cidadao.v1, bearer, a.b.c' }, 'a.b.c'],
    ['the pair before the protocol', { subProtocols: 'bearer, a.b.c, cidadao.v1' }, 'a.b.c'],
    ['half a pair', { subProtocols: 'bearer' }, undefined],
    ['half a pair before the protocol', { subProtocols: 'bearer, cidadao.v1' }, undefined],
    ['half a pair after the protocol', { subProtocols: 'cidadao.v1, bearer' }, undefined],
    ['names are compared exactly', { subProtocols: 'Bearer, a.b.c' }, undefined],
    ['only commas', { subProtocols: ', ,,' }, undefined],
    [
      'the header before all',
      { authorization: 'Bearer h', subProtocols: 'bearer, p', query: 'token=q' },
      'h',
    ],
    ['the pair before the query', { subProtocols: 'bearer, p', query: 'token=q' }, 'p'],
    ['the query after other headers', { authorization: 'Basic x', query: 'token=q' }, 'q'],
  ])('%s', (_name, request, token) => {
    expect(read(request).token).toBe(token);
  });
});

describe('which sub-protocol is selected', () => {
  test.each([
    ['none offered', '', undefined],
    ['ours', 'cidadao.v1', 'cidadao.v1'],
    ['ours among others', 'chat, cidadao.v1, soap', 'cidadao.v1'],
    ['strangers only', 'chat, soap', undefined],
    ['the pair alone', 'bearer, a.b.c', 'bearer'],
    ['ours before the pair', 'cidadao.v1, bearer, a.b.c', 'cidadao.v1'],
    ['ours after the pair', 'bearer, a.b.c, cidadao.v1', 'cidadao.v1'],
    ['half a pair', 'bearer', undefined],
    ['half a pair and ours', 'bearer, cidadao.v1', 'cidadao.v1'],
    ['ours in another case', 'CIDADAO.V1', undefined],
    ['a name that only begins so', 'cidadao.v10', undefined],
    ['the pair although the token is in the header too', 'bearer, p', 'bearer'],
  ])('%s', (_name, subProtocols, selected) => {
    expect(read({ subProtocols, authorization: 'Bearer h' }).subProtocol).toBe(selected);
  });

  test('is never the token, whatever is offered', () => {
    const name = fc.constantFrom('cidadao.v1', 'bearer', 'a.b.c', 'soap', '', ' ');
    fc.assert(
      fc.property(fc.array(name), (offered) => {
        const { subProtocol } = read({ subProtocols: offered.join(',') });
        expect([undefined, 'cidadao.v1', 'bearer']).toContain(subProtocol);
        if (subProtocol !== undefined) expect(offered).toContain(subProtocol);
      }),
    );
  });
});

describe('since', () => {
  test.each([
    ['absent', 'token=a', undefined],
    ['given', 'since=abc-_~.', 'abc-_~.'],
    ['empty is given too', 'since=', ''],
    ['percent-encoded', 'since=a%2Fb', 'a/b'],
    ['broken percent-encoding', 'since=%e0%a4%a', '\uFFFD%a'],
    ['the first of two', 'since=1&since=2', '1'],
  ])('%s', (_name, query, since) => {
    expect(read({ query }).since).toBe(since);
  });
});

test('never throws', () => {
  fc.assert(
    fc.property(fc.string(), fc.string({ unit: 'binary' }), fc.string(), (query, authorization, offered) => {
      expect(() => read({ query, authorization, subProtocols: offered })).not.toThrow();
    }),
  );
});
