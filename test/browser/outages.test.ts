import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePorts } from '../support/free-ports.ts';
import { freshId } from '../support/fresh-id.ts';
import { ScriptedAgent } from '../support/scripted-agent.ts';
import { ServiceProcess } from '../support/service-process.ts';
import { System } from '../support/system.ts';
import { testEnvironment } from '../support/test-environment.ts';
import { TestBrowser } from './support/test-browser.ts';
import { TestPage } from './support/test-page.ts';

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

const url = (port = system.gateways[0]?.port): string =>
  `http://127.0.0.1:${String(port)}/?session=${freshId('s')}`;

describe('an answer goes on', () => {
  it('where it was after a reload in the middle', async () => {
    await using page = await browser.open(url());
    await page.ask('Longa?');
    const call = await agent.nextCall();
    call.say('Primeira parte, ');
    await page.answered('Primeira parte,');
    await page.page.reload();
    await page.answered('Primeira parte,');
    call.say('segunda parte.');
    call.end();
    await page.answered('Primeira parte, segunda parte.');
    expect(await page.exchanges.count()).toBe(1);
    expect(await page.fact('resumed')).toBeGreaterThan(0);
    expect(page.problems).toEqual([]);
  });

  it('in two tabs alike, and either can stop it', async () => {
    const address = url();
    const person = await browser.newPerson();
    await using first = await TestPage.open(person, address);
    const second = await TestPage.open(person, address);
    await expect.poll(() => first.fact('participants'), { timeout: 20_000 }).toBe(2);
    await first.ask('Para as duas');
    const call = await agent.nextCall();
    call.say('Aqui e ali');
    await Promise.all([first.answered('Aqui e ali'), second.answered('Aqui e ali')]);
    await second.page.getByRole('button', { name: 'Parar' }).click();
    await Promise.all([first.says('Resposta interrompida'), second.says('Resposta interrompida')]);

    await second.page.locator('#investigation').fill('INV-TABS');
    await second.page.locator('#investigation').press('Enter');
    for (const tab of [first, second]) await tab.page.locator('.live[data-live="true"]').waitFor();
    system.publisher.publish('investigation.INV-TABS.progress', { progress: 40, message: 'Na metade' });
    await Promise.all([first.says('Na metade'), second.says('Na metade')]);
    expect([...first.problems, ...second.problems]).toEqual([]);
  });

  it('when the gateway is killed in the middle', async () => {
    const [port = 0] = await freePorts(1);
    const environment = testEnvironment(system.nats.url, { PORT: String(port) });
    const killed = new ServiceProcess('gateway', environment);
    await killed.logged('listening');
    await using page = await browser.open(url(port));
    await page.ask('E agora?');
    const call = await agent.nextCall();
    call.say('Antes, ');
    await page.answered('Antes,');
    await killed[Symbol.asyncDispose]();
    await page.page.locator('.connection-state:not([data-state="connected"])').waitFor();
    call.say('durante, ');
    await using gateway = new ServiceProcess('gateway', environment);
    await gateway.logged('listening');
    await page.connected();
    call.say('depois.');
    call.end();
    await page.answered('Antes, durante, depois.');
    expect(await page.fact('reconnects')).toBe(1);
    expect(await page.fact('resumed')).toBeGreaterThan(0);
    expect(await page.exchanges.count()).toBe(1);
  });
});

describe('a question', () => {
  it('that was asked offline is sent once the network is back', async () => {
    const [port = 0] = await freePorts(1);
    const environment = testEnvironment(system.nats.url, { PORT: String(port) });
    const before = new ServiceProcess('gateway', environment);
    await before.logged('listening');
    await using page = await browser.open(url(port));
    // The browser says that it is offline but keeps open sockets open: their other end goes.
    await page.page.context().setOffline(true);
    await before[Symbol.asyncDispose]();
    await page.page.locator('.connection-state[data-state="offline"]').waitFor();
    await page.ask('Está aí?');
    await page.says('Aguardando a conexão');
    await using gateway = new ServiceProcess('gateway', environment);
    await gateway.logged('listening');
    await page.page.context().setOffline(false);
    const call = await agent.nextCall();
    expect(call.request.message).toBe('Está aí?');
    call.say('Estou.');
    call.end();
    await page.answered('Estou.');
    expect(await page.exchanges.count()).toBe(1);
  });
});
