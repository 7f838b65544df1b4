import { test } from 'vitest';
import { WorkerRig } from '/work/main/test/support/worker-rig.ts';
import { realisticInvestigation } from '/work/main/test/support/realistic-investigation.ts';
import { StoredInvestigations } from '/work/main/chat-worker/inbound/stored-investigations.ts';
test('dbg', async () => {
  await using rig = await WorkerRig.start();
  for (const { kind, body } of realisticInvestigation(42)) await rig.publish(['investigation', 'INV-2025-042', kind].join('.'), JSON.stringify(body));
  for (let i = 0; i < 5; i += 1) {
    const b = await rig.bus.bounds('INVESTIGATIONS');
    const inv = new StoredInvestigations(rig.bus, { asOf: b.last, allows: () => true });
    const raw: string[] = []; await rig.bus.read("INVESTIGATIONS", "investigation.INV-2025-042.*", { from: b.first, to: b.last }, (m) => raw.push(`${m.sequence}:${m.subject.split(".")[2]}:${Buffer.from(m.data).toString().slice(0, 60)}`) > 0); console.log(raw.slice(-4)); const ev = await inv.events("INV-2025-042", new AbortController().signal);
    console.log(JSON.stringify(b), ev.length, ev.map((e) => e.sequence).join(','));
  }
});
