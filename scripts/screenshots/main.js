import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { chromium } from 'playwright-core';
import { StartFailure, Stopped } from '../start/failure.js';
import { killAllGroups } from '../start/process-groups.js';
import { startPrivateSystem } from '../start/private-system.js';
import { stopSignal } from '../start/stop-signal.js';
import { CHROMIUM_ARGUMENTS, ensureChromium } from '../test/chromium.js';

const ROOT = resolve(import.meta.dirname, '../..');
const FOLDER = join(ROOT, 'docs/images');
const PATIENCE_MS = 120_000;
const DESKTOP = { viewport: { width: 1360, height: 860 } };
const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 };

/** @type {readonly { name: string, isPhone: boolean, colorScheme: 'light' | 'dark', view: string }[]} */
const PICTURES = [
  { name: 'desktop-light', isPhone: false, colorScheme: 'light', view: 'Investigação' },
  { name: 'desktop-dark', isPhone: false, colorScheme: 'dark', view: 'Investigação' },
  { name: 'phone-light', isPhone: true, colorScheme: 'light', view: 'Conversa' },
  { name: 'phone-dark', isPhone: true, colorScheme: 'dark', view: 'Investigação' },
];

/**
 * Plays the demo and asks about it, as a person at the page.
 *
 * @param {import('playwright-core').Browser} browser
 * @param {string} url
 * @returns {Promise<Awaited<ReturnType<import('playwright-core').BrowserContext['storageState']>>>} what that
 *   person's browser remembers: with it, another is in the same session
 */
async function playScene(browser, url) {
  const context = await browser.newContext({ ...DESKTOP, locale: 'pt-BR', timezoneId: 'America/Sao_Paulo' });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  await page.goto(url);
  await page.getByRole('button', { name: 'Iniciar demonstração' }).click();
  const id = (await page.locator('.followed-id').textContent()) ?? '';
  await page.getByText('Auditoria concluída').first().waitFor();
  const questions = [`Quais são as anomalias da investigação ${id}?`, 'O que é dispensa de licitação?'];
  for (const [index, question] of questions.entries()) {
    await page.locator('#question').fill(question);
    await page.locator('#question').press('Enter');
    await page.locator('.exchange[data-status="completed"]').nth(index).waitFor();
  }
  const state = await context.storageState();
  await context.close();
  return state;
}

/**
 * @param {import('playwright-core').Browser} browser
 * @param {string} url
 */
async function takePictures(browser, url) {
  const storageState = await playScene(browser, url);
  for (const { name, isPhone, colorScheme, view } of PICTURES) {
    const device = isPhone ? PHONE : DESKTOP;
    const options = {
      ...device,
      colorScheme,
      storageState,
      locale: 'pt-BR',
      timezoneId: 'America/Sao_Paulo',
    };
    const context = await browser.newContext(options);
    context.setDefaultTimeout(PATIENCE_MS);
    const page = await context.newPage();
    await page.goto(url);
    await page.locator('.exchange[data-status="completed"]').nth(1).waitFor();
    if (isPhone) await page.getByRole('button', { name: view, exact: true }).click();
    if (!isPhone || view === 'Investigação') await page.getByText('Auditoria concluída').first().waitFor();
    // The figures of the connection arrive a moment after it, and bars grow into their length.
    await page.getByText(/^\d+ ms$/).waitFor();
    await page.waitForTimeout(800);
    await page.screenshot({ path: join(FOLDER, `${name}.png`) });
    await context.close();
    console.log(`docs/images/${name}.png`);
  }
}

/**
 * Makes the pictures of the page in docs/images from a real run with the demo.
 *
 * @param {NodeJS.ProcessEnv} env
 */
export async function main(env) {
  process.on('exit', killAllGroups);
  const dataFolder = mkdtempSync(join(tmpdir(), 'screenshots-'));
  try {
    const signal = stopSignal();
    const executablePath = await ensureChromium(env, signal);
    const system = await startPrivateSystem(env, dataFolder, signal);
    const browser = await chromium.launch({ executablePath, headless: true, args: [...CHROMIUM_ARGUMENTS] });
    await takePictures(browser, `http://127.0.0.1:${system.port}/`);
    await browser.close();
    await system.stop();
    process.exit(0);
  } catch (error) {
    if (!(error instanceof Stopped)) console.error(error instanceof StartFailure ? error.message : error);
    process.exitCode = 1;
  } finally {
    rmSync(dataFolder, { recursive: true, force: true });
  }
}
