import type { BrowserContext, Locator, Page } from 'playwright-core';

/** What a script that was not meant to run says on the console. */
export const XSS_SIGN = 'xss-ran';
const BROKEN_POLICY = /Content Security Policy|TrustedHTML|TrustedScript/i;

/** The page as a person sees it, and what nobody should ever see happen in it. */
export class TestPage implements AsyncDisposable {
  readonly page: Page;
  /** Uncaught errors, broken policies, requests to elsewhere, and scripts of others: none is ever right. */
  readonly problems: string[] = [];

  private constructor(page: Page, origin: string) {
    this.page = page;
    page.on('pageerror', (error) => this.problems.push(`error: ${error.message}`));
    page.on('console', (message) => {
      const text = message.text();
      if (text.includes(XSS_SIGN) || BROKEN_POLICY.test(text)) this.problems.push(text);
    });
    page.on('dialog', (dialog) => {
      this.problems.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('request', (request) => {
      if (new URL(request.url()).origin !== origin) this.problems.push(`request: ${request.url()}`);
    });
  }

  static async open(context: BrowserContext, url: string): Promise<TestPage> {
    const test = new TestPage(await context.newPage(), new URL(url).origin);
    await test.page.addInitScript(watchLayout);
    await test.page.goto(url);
    await test.connected();
    return test;
  }

  get exchanges(): Locator {
    return this.page.locator('.exchange');
  }

  get answers(): Locator {
    return this.page.locator('.answer');
  }

  async connected(): Promise<void> {
    await this.page.locator('.connection-state[data-state="connected"]').waitFor();
  }

  async ask(question: string): Promise<void> {
    await this.page.locator('#question').fill(question);
    await this.page.locator('#question').press('Enter');
  }

  /** Waits until the text of all answers, one a line, is exactly this. */
  async answered(text: string): Promise<void> {
    await this.page.waitForFunction(
      (wanted) =>
        Array.from(document.querySelectorAll('.answer .markdown'), (each) => each.textContent.trim()).join(
          '\n',
        ) === wanted,
      text,
    );
  }

  async says(text: string): Promise<void> {
    await this.page.getByText(text).first().waitFor();
  }

  /** One of the figures on top. */
  async fact(name: 'reconnects' | 'resumed' | 'participants' | 'anomalies'): Promise<number> {
    return Number(await this.page.locator(`[data-fact="${name}"]`).textContent());
  }

  /** How much of the page moved by itself so far: the sum of the browser's layout shifts. */
  layoutShift(): Promise<number> {
    return this.page.evaluate(() => Number(document.documentElement.dataset['shift'] ?? 0));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.page.context().close();
  }
}

function watchLayout(): void {
  let sum = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      if ('hadRecentInput' in entry && entry.hadRecentInput === true) continue;
      sum += 'value' in entry ? Number(entry.value) : 0;
    }
    document.documentElement.dataset['shift'] = String(sum);
  }).observe({ type: 'layout-shift', buffered: true });
}
