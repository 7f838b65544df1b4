import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readContracts } from '../../demo/contracts/read-contracts.ts';
import { scriptOfAudit } from '../../demo/play/script-of-audit.ts';
import { Stage } from '../../demo/play/stage.ts';
import { openPlainNats } from '../../shared/bus/plain-nats.ts';
import { DisposalStack } from '../../shared/lifecycle/disposal-stack.ts';
import { freshId } from '../support/fresh-id.ts';
import { System } from '../support/system.ts';
import { TestBrowser } from './support/test-browser.ts';
import { XSS_SIGN, type TestPage } from './support/test-page.ts';

const PLAY_MS = 2_500;
const script = scriptOfAudit(readContracts());
const owned = new DisposalStack();
let system: System;
let browser: TestBrowser;
beforeAll(async () => {
  system = owned.use(await System.start());
  const none = { natsCreds: undefined, natsUser: undefined, natsPassword: undefined };
  const settings = { natsUrl: system.nats.url, ...none };
  const nats = owned.use(
    await openPlainNats(settings, 'demo', () => undefined, new AbortController().signal),
  );
  const fail = (): never => {
    throw new Error('the demo can be played');
  };
  owned.use(new Stage(nats, { script, durationMs: PLAY_MS, onFailed: fail, onRefused: fail }));
  await nats.flush();
  browser = owned.use(await TestBrowser.launch());
});
afterAll(() => owned[Symbol.asyncDispose]());

const url = (): string => `http://127.0.0.1:${String(system.gateways[0]?.port)}/?session=${freshId('s')}`;

async function follow({ page }: TestPage, id: string): Promise<void> {
  await page.locator('#investigation').fill(id);
  await page.getByRole('button', { name: 'Acompanhar' }).click();
  await page.locator('.live[data-live="true"]').waitFor();
}

describe('an investigation', () => {
  it('is followed live, and is whole again after a reload', async () => {
    const id = freshId('INV');
    await using page = await browser.open(url());
    await follow(page, id);
    system.publisher.publish(`investigation.${id}.progress`, { progress: 45, message: 'Comparando preços' });
    system.publisher.publish(`investigation.${id}.anomaly`, {
      severity: 'high',
      description: 'Preço acima da média',
      amount: 1_234.5,
      supplier: 'Alfa Ltda.',
    });
    const seen = async (): Promise<void> => {
      await page.says('Comparando preços');
      await page.page.locator('.anomaly[data-severity="high"]', { hasText: 'R$ 1.234,50' }).waitFor();
      await page.page.locator('.anomaly', { hasText: 'Alfa Ltda.' }).waitFor();
      expect(await page.page.locator('progress').getAttribute('value')).toBe('45');
      expect(await page.page.locator('.timeline > li').count()).toBe(2);
    };
    await seen();
    await page.page.reload();
    await seen();
    expect(page.problems).toEqual([]);
  });

  it('shows a gap where events are no longer kept', async () => {
    const id = freshId('INV');
    await using page = await browser.open(url());
    await follow(page, id);
    await system.publisher.store(`investigation.${id}.progress`, { progress: 1 });
    const last = await system.publisher.store(`investigation.${id}.progress`, { progress: 2 });
    await system.publisher.trim('INVESTIGATIONS', last);
    await page.page.reload();
    await page.page.locator('.timeline .gap').waitFor();
    await page.page.locator('.timeline > li[data-kind="progress"]').waitFor();
  });

  it('shows markup of a publisher as text', async () => {
    const id = freshId('INV');
    await using page = await browser.open(url());
    await follow(page, id);
    const evil = `<img src=x onerror="console.log('${XSS_SIGN}')"><script>console.log('${XSS_SIGN}')</script>`;
    const body = {
      title: evil,
      message: evil,
      description: evil,
      severity: evil,
      supplier: evil,
      type: evil,
    };
    system.publisher.publish(`investigation.${id}.started`, body);
    system.publisher.publish(`investigation.${id}.progress`, { ...body, progress: evil });
    system.publisher.publish(`investigation.${id}.anomaly`, { ...body, amount: evil });
    const session = new URL(page.page.url()).searchParams.get('session') ?? '';
    system.publisher.publish(`session.${session}.notification`, body);
    await page.page.locator('.anomaly', { hasText: '<script>' }).waitFor();
    await page.page.locator('.notices', { hasText: '<script>' }).waitFor();
    expect(await page.page.locator('main :is(img, script), .notices :is(img, script)').count()).toBe(0);
    expect(page.problems).toEqual([]);
  });
});

describe('the demo', () => {
  it('plays a whole audit at the press of a button, and finds what is in the contracts', async () => {
    const anomalies = script.filter(({ kind }) => kind === 'anomaly').map(({ body }) => body);
    await using page = await browser.open(url());
    await page.page.getByRole('button', { name: 'Iniciar demonstração' }).click();
    await page.says('Auditoria concluída');
    expect(await page.page.locator('progress').getAttribute('value')).toBe('100');
    expect(await page.fact('anomalies')).toBe(anomalies.length);
    for (const severity of ['critical', 'high', 'medium', 'low']) {
      const count = anomalies.filter((anomaly) => anomaly['severity'] === severity).length;
      expect(await page.page.locator(`.anomaly[data-severity="${severity}"]`).count()).toBe(count);
      const row = page.page.locator(`.chart li[data-severity="${severity}"]`);
      expect(await row.locator('.chart-count').textContent()).toBe(String(count));
    }
    expect(await page.page.locator('.figures').textContent()).toContain('60/60');
    expect(page.problems).toEqual([]);
  });
});
