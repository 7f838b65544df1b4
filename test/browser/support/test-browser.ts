import { chromium, type Browser, type BrowserContext, type BrowserContextOptions } from 'playwright-core';
import { CHROMIUM_ARGUMENTS, findChromium } from '../../../scripts/test/chromium.js';
import { TestPage } from './test-page.ts';

/** A slow machine takes its time; what never comes fails sooner than the test's own limit. */
const PATIENCE_MS = 30_000;

/** The system's Chromium, with a profile of its own for every context. */
export class TestBrowser implements AsyncDisposable {
  readonly #browser: Browser;

  private constructor(browser: Browser) {
    this.#browser = browser;
  }

  static async launch(): Promise<TestBrowser> {
    const executablePath = findChromium(process.env);
    if (executablePath === undefined) throw new Error('there is no Chromium: npm test installs one');
    return new TestBrowser(
      await chromium.launch({ executablePath, headless: true, args: [...CHROMIUM_ARGUMENTS] }),
    );
  }

  /** Somebody's browser: nothing in it is shared with another. */
  async newPerson(options: BrowserContextOptions = {}): Promise<BrowserContext> {
    const context = await this.#browser.newContext({ locale: 'pt-BR', ...options });
    context.setDefaultTimeout(PATIENCE_MS);
    return context;
  }

  /** A page of somebody new, loaded and connected. */
  async open(url: string, options: BrowserContextOptions = {}): Promise<TestPage> {
    return TestPage.open(await this.newPerson(options), url);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
  }
}
