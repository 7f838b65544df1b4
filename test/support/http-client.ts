import { request, type IncomingHttpHeaders } from 'node:http';
import { inTime } from './eventually.ts';

export interface HttpOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Objects go out as JSON, strings and bytes as they are. */
  readonly body?: object | string | Uint8Array;
}

export interface HttpResult {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** One plain HTTP request on a connection of its own. */
export async function httpAsk(url: string, options: HttpOptions = {}): Promise<HttpResult> {
  const { method = 'GET', headers = {}, body } = options;
  const bytes =
    body === undefined || typeof body === 'string' || body instanceof Uint8Array
      ? body
      : JSON.stringify(body);
  const answered = new Promise<HttpResult>((resolve, reject) => {
    const asking = request(url.replace(/^ws:/, 'http:'), { method, headers, agent: false });
    asking.on('error', reject);
    asking.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.on('error', reject);
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
      });
    });
    asking.end(bytes);
  });
  return inTime(answered, () => `no answer from ${url}`);
}
