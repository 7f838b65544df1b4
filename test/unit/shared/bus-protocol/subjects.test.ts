import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  liveSubject,
  parseChatRequestSubject,
  parseInvestigationSubject,
  parseSessionSubject,
  parseStateSubject,
  storedSubject,
  subjects,
} from '../../../../shared/bus-protocol/subjects.ts';
import { AppError } from '../../../../shared/errors/app-error.ts';
import { propertyOptions } from '../../../support/property-options.ts';

const BUILDERS: [string, (one: string, other: string) => string][] = [
  ['chatRequest', subjects.chatRequest],
  ['chatLog', subjects.chatLog],
  ['cancel', subjects.cancel],
  ['notification', subjects.notification],
  ['sessionChannel', subjects.sessionChannel],
  ['sessionState', subjects.sessionState],
  ['investigationChannel', subjects.investigationChannel],
  ['investigationEvent', subjects.investigationEvent],
];

describe('subjects', () => {
  test('are the ones of the contract', () => {
    expect(BUILDERS.map(([, build]) => build('S-1', 'R_2'))).toEqual([
      'chat.request.S-1.R_2',
      'session.S-1.chat.R_2',
      'session.S-1.cancel.R_2',
      'session.S-1.notification',
      'session.S-1.>',
      'state.session.S-1',
      'investigation.S-1.*',
      'investigation.S-1.R_2',
    ]);
  });

  test.each(BUILDERS)('%s refuses what would reach another subject', (_, build) => {
    const bad = ['', '*', '>', 'a.b', 'a b', 'a\r\nPUB x 1', 'a\0', 'ação', 'a'.repeat(129), ' a', 'a\n'];
    for (const value of bad) expect(() => build(value, value)).toThrow(AppError);
  });

  test('refuse the second token, too', () => {
    for (const build of [
      subjects.chatRequest,
      subjects.chatLog,
      subjects.cancel,
      subjects.investigationEvent,
    ]) {
      expect(() => build('fine', '>')).toThrow(AppError);
    }
  });

  test('come back from their live form', () => {
    expect(liveSubject('session.a.chat.b')).toBe('live.session.a.chat.b');
    expect(storedSubject('live.session.a.chat.b')).toBe('session.a.chat.b');
  });
});

describe('parsing', () => {
  const identifiers = fc.stringMatching(/^[A-Za-z0-9_-]{1,128}$/);

  test('gives back what was built', () => {
    fc.assert(
      fc.property(identifiers, identifiers, (one, other) => {
        const chat = { sessionId: one, requestId: other };
        expect(parseSessionSubject(subjects.chatLog(one, other))).toEqual({ kind: 'chat', ...chat });
        expect(parseSessionSubject(subjects.cancel(one, other))).toEqual({ kind: 'cancel', ...chat });
        expect(parseSessionSubject(subjects.notification(one))).toEqual({
          kind: 'notification',
          sessionId: one,
        });
        expect(parseChatRequestSubject(subjects.chatRequest(one, other))).toEqual(chat);
        expect(parseInvestigationSubject(subjects.investigationEvent(one, other))).toEqual({
          investigationId: one,
          kind: other,
        });
        expect(parseStateSubject(subjects.sessionState(one))).toBe(one);
      }),
      propertyOptions(300),
    );
  });

  test.each([
    '',
    'session',
    'session.a',
    'session.a.chat',
    'session.a.chat.',
    'session.a.chat.b.c',
    'session..chat.b',
    'session.a.notification.b',
    'session.a.notification.',
    'session.a.unknown.b',
    'session.a.unknown',
    'session.ação.notification',
    'session.a b.notification',
    `session.${'a'.repeat(129)}.notification`,
    'Session.a.notification',
    'live.session.a.notification',
    'session.a.chat.b%20c',
    'session.a.chat.*',
  ])('of the sessions leaves "%s" alone', (subject) => {
    expect(parseSessionSubject(subject)).toBeUndefined();
  });

  test.each([
    'chat.request.a',
    'chat.request.a.b.c',
    'chat.request.a.',
    'chat.other.a.b',
    'request.chat.a.b',
  ])('of the queue leaves "%s" alone', (subject) => {
    expect(parseChatRequestSubject(subject)).toBeUndefined();
  });

  test.each(['investigation.a', 'investigation.a.', 'investigation..b', 'investigation.a.b.c', 'other.a.b'])(
    'of the investigations leaves "%s" alone',
    (subject) => {
      expect(parseInvestigationSubject(subject)).toBeUndefined();
    },
  );

  test.each(['state.session', 'state.session.', 'state.session.a.b', 'state.other.a', 'session.state.a'])(
    'of the states leaves "%s" alone',
    (subject) => {
      expect(parseStateSubject(subject)).toBeUndefined();
    },
  );
});
