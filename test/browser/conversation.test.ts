import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshId } from '../support/fresh-id.ts';
import { ScriptedAgent } from '../support/scripted-agent.ts';
import { System } from '../support/system.ts';
import { TestBrowser } from './support/test-browser.ts';
import { XSS_SIGN } from './support/test-page.ts';

const agent = new ScriptedAgent();
let system: System;
let browser: TestBrowser;
beforeAll(async () => {
  system = await System.start({ agent });
  browser = await TestBrowser.launch();
});
afterAll(async () => {
  await browser[Symbol.asyncDispose]();
  await system[Symbol.asyncDispose]();
});

const url = (session = freshId('s')): string =>
  `http://127.0.0.1:${String(system.gateways[0]?.port)}/?session=${session}`;

const TABLE = '\n\n| fornecedor | valor |\n| --- | ---: |\n| Alfa | R$ 10,00 |\n\n```sql\nselect 1\n```\n';

describe('an answer', () => {
  it('streams in, with tables and code, and is read out once, when it is whole', async () => {
    await using page = await browser.open(url());
    await page.ask('Quanto custou?');
    const call = await agent.nextCall();
    call.say('Custou **muito**');
    await page.says('Respondendo');
    await page.answers.locator('strong', { hasText: 'muito' }).waitFor();
    const announcement = page.page.locator('.conversation > [role="status"]');
    expect(await announcement.textContent()).toBe('');
    call.say(TABLE);
    call.end();
    await page.answers.locator('table td', { hasText: 'Alfa' }).waitFor();
    await page.answers.locator('pre code', { hasText: 'select 1' }).waitFor();
    await page.answers.locator('.agent-name', { hasText: 'Carlos Drummond de Andrade' }).waitFor();
    await announcement.getByText('Carlos Drummond de Andrade respondeu: Custou muito').waitFor({
      state: 'attached',
    });
    expect(page.problems).toEqual([]);
  });

  it('can be stopped, and asked for again', async () => {
    await using page = await browser.open(url());
    await page.ask('Conte tudo');
    (await agent.nextCall()).say('Era uma vez');
    await page.answered('Era uma vez');
    await page.page.getByRole('button', { name: 'Parar' }).click();
    await page.says('Resposta interrompida');
    await page.page.getByRole('button', { name: 'Reenviar' }).click();
    const again = await agent.nextCall();
    expect(again.request.message).toBe('Conte tudo');
    again.say('Fim.');
    again.end();
    await page.answered('Era uma vez\nFim.');
    expect(await page.page.getByRole('button', { name: 'Parar' }).isDisabled()).toBe(true);
    expect(page.problems).toEqual([]);
  });

  it('moves nothing on the page while it streams', async () => {
    await using page = await browser.open(url(), { viewport: { width: 1280, height: 800 } });
    await page.ask('Em partes');
    const call = await agent.nextCall();
    for (const [index, piece] of `# Um título${TABLE}- um\n- dois\n\nFim da resposta.`
      .match(/.{1,7}/gs)
      ?.entries() ?? []) {
      call.say(piece);
      if (index % 3 === 0) await page.page.evaluate(() => new Promise(requestAnimationFrame));
    }
    call.end();
    await page.says('Fim da resposta.');
    expect(await page.layoutShift()).toBeLessThan(0.02);
  });
});

describe('what was said', () => {
  it('is there for who comes later', async () => {
    const address = url();
    await using first = await browser.open(address);
    await first.ask('Lembra?');
    const call = await agent.nextCall();
    call.say('Lembro.');
    call.end();
    await first.answered('Lembro.');
    await using later = await browser.open(address);
    await later.answered('Lembro.');
    await later.says('Lembra?');
  });

  it('is English for who wants it, also after a reload', async () => {
    await using page = await browser.open(url());
    await page.page.getByRole('button', { name: 'English' }).click();
    await page.page.getByRole('button', { name: 'Send' }).waitFor();
    expect(await page.page.getAttribute('html', 'lang')).toBe('en');
    await page.page.reload();
    await page.page.getByRole('button', { name: 'Send' }).waitFor();
  });
});

describe('markup in an answer', () => {
  const ATTEMPTS = [
    `<img src=x onerror="console.log('${XSS_SIGN}')">`,
    `<script>console.log('${XSS_SIGN}')</script>`,
    `<svg/onload=console.log('${XSS_SIGN}')>`,
    `<iframe srcdoc="<script>parent.console.log('${XSS_SIGN}')</script>"></iframe>`,
    `[um link](javascript:console.log('${XSS_SIGN}'))`,
    `[outro](JaVaScRiPt&colon;console.log('${XSS_SIGN}'))`,
    `![imagem](https://evil.example/a.png?${XSS_SIGN})`,
    `<https://evil.example> e <javascript:console.log('${XSS_SIGN}')>`,
    `<style>@import 'https://evil.example/a.css'</style>`,
    `| <img src=x onerror=console.log('${XSS_SIGN}')> |\n| --- |\n| <a href="javascript:console.log('${XSS_SIGN}')">x</a> |`,
    `\`\`\`"><script>console.log('${XSS_SIGN}')</script>\ncódigo\n\`\`\``,
    `&lt;img src=x onerror=console.log('${XSS_SIGN}')&gt;`,
  ];

  it('is text, however it is cut into pieces', async () => {
    await using page = await browser.open(url());
    await page.ask(`<img src=x onerror="console.log('${XSS_SIGN}')">`);
    const call = await agent.nextCall();
    for (const piece of ATTEMPTS.join('\n\n').match(/.{1,11}/gs) ?? []) call.say(piece);
    call.say('\n\nFim das tentativas.');
    call.end();
    await page.says('Fim das tentativas.');
    const strange = page.page.locator('.exchange :is(img, script, iframe, style, svg, [onerror], [onload])');
    expect(await strange.count()).toBe(0);
    const links = await page.answers
      .locator('a')
      .evaluateAll((all) => all.map((link) => link.getAttribute('href')?.split(':')[0]));
    expect(new Set(links)).toEqual(new Set(['https']));
    for (const link of await page.answers.locator('text=um link').all()) await link.click();
    expect(page.problems).toEqual([]);
  });
});
