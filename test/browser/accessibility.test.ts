import axe from 'axe-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshId } from '../support/fresh-id.ts';
import { fixedAgent } from '../support/scripted-agent.ts';
import { System } from '../support/system.ts';
import { TestBrowser } from './support/test-browser.ts';
import type { TestPage } from './support/test-page.ts';

const ANSWER =
  '# Título\n\nUm [link](https://example.org), `código` e **ênfase**.\n\n| a | b |\n| --- | --- |\n| 1 | 2 |\n\n' +
  '- um\n- dois\n\n> citação\n\n```js\nconst a = 1;\n```\n\nFim.';
const DESKTOP = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };

let system: System;
let browser: TestBrowser;
beforeAll(async () => {
  system = await System.start({ agent: fixedAgent([ANSWER]) });
  browser = await TestBrowser.launch();
});
afterAll(async () => {
  await browser[Symbol.asyncDispose]();
  await system[Symbol.asyncDispose]();
});

const url = (): string => `http://127.0.0.1:${String(system.gateways[0]?.port)}/?session=${freshId('s')}`;

/** Everything the page can show, on it. */
async function fill(test: TestPage, isPhone: boolean): Promise<void> {
  const { page } = test;
  const id = freshId('INV');
  await test.ask('O que há?');
  await test.says('Fim.');
  if (isPhone) await page.getByRole('button', { name: 'Investigação' }).click();
  await page.locator('#investigation').fill(id);
  await page.locator('#investigation').press('Enter');
  await page.locator('.live[data-live="true"]').waitFor();
  for (const severity of ['critical', 'high', 'medium', 'low', 'info']) {
    const anomaly = { severity, description: `Anomalia ${severity}`, amount: 1_000, type: 'price' };
    system.publisher.publish(`investigation.${id}.anomaly`, anomaly);
  }
  system.publisher.publish(`investigation.${id}.progress`, { progress: 50, message: 'Na metade' });
  const session = new URL(page.url()).searchParams.get('session') ?? '';
  system.publisher.publish(`session.${session}.notification`, { message: 'Seu relatório está pronto' });
  await test.says('Na metade');
  await test.says('Seu relatório está pronto');
}

/** What axe finds that is serious or critical, with where. */
async function seriousProblems({ page }: TestPage): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  const results = await page.evaluate(async () => {
    const { axe: inPage } = window as unknown as { readonly axe: typeof axe };
    return inPage.run();
  });
  return results.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}

describe('axe finds nothing serious', () => {
  it.each([
    ['desktop', 'light'],
    ['desktop', 'dark'],
    ['phone', 'light'],
    ['phone', 'dark'],
  ] as const)('on a %s, %s', async (device, colorScheme) => {
    const viewport = device === 'phone' ? PHONE : DESKTOP;
    // Only here: axe is a script that the page's policy would not let in.
    await using test = await browser.open(url(), { viewport, colorScheme, bypassCSP: true });
    expect(await seriousProblems(test)).toEqual([]);
    await fill(test, device === 'phone');
    expect(await seriousProblems(test)).toEqual([]);
    if (device === 'phone') {
      await test.page.getByRole('button', { name: 'Conversa', exact: true }).click();
      expect(await seriousProblems(test)).toEqual([]);
      const width = await test.page.evaluate(() => document.documentElement.scrollWidth);
      expect(width).toBeLessThanOrEqual(PHONE.width);
    }
  });
});

describe('by keyboard', () => {
  it('everything is reached in order, a question is asked, and the focus stays', async () => {
    await using test = await browser.open(url(), { viewport: DESKTOP });
    const { page } = test;
    await page.keyboard.press('Tab');
    expect(await page.locator(':focus').textContent()).toBe('Ir para a conversa');
    await page.keyboard.press('Enter');
    expect(await page.locator(':focus').getAttribute('id')).toBe('question');
    await page.keyboard.type('Linha um');
    await page.keyboard.press('Shift+Enter');
    await page.keyboard.type('linha dois');
    await page.keyboard.press('Enter');
    await test.says('Fim.');
    expect(await page.locator('.question p').textContent()).toBe('Linha um\nlinha dois');
    expect(await page.locator(':focus').getAttribute('id')).toBe('question');
    const reached: string[] = [];
    for (let step = 0; step < 12; step += 1) {
      await page.keyboard.press('Tab');
      // At the end of the page the focus is the browser's own for one step.
      reached.push(await page.evaluate(() => document.activeElement?.id ?? ''));
    }
    expect(reached).toContain('investigation');
  });
});
