import { freshIdentifier } from '../session/identifier.ts';

/** Whether this gateway may start the demo investigation: it says so in the page. */
export function isDemoOffered(): boolean {
  return document.querySelector('meta[name="demo"]')?.getAttribute('content') === 'on';
}

export function freshDemoId(): string {
  return freshIdentifier('DEMO-', 3).toUpperCase();
}

/** Has the demo publisher play its audit. @throws when the gateway refuses or is away */
export async function startDemo(investigationId: string): Promise<void> {
  const response = await fetch('/api/v1/demo', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ investigation_id: investigationId }),
  });
  if (!response.ok) throw new Error(`the demo was refused with ${String(response.status)}`);
}
