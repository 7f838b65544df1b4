import { writeFileSync } from 'node:fs';
import { generateContracts } from './generate-contracts.ts';

// Makes demo/contracts/contracts.json anew: npm run demo:contracts
const FILE = new URL('../../../demo/contracts/contracts.json', import.meta.url);
writeFileSync(FILE, `${JSON.stringify(generateContracts(), null, 2)}\n`);
