import { readFileSync } from 'node:fs';
import { contractFile, type ContractFile } from './contract.ts';

/** The file in the repository, as seen from the source and from `dist/`. */
const PLACES = ['./contracts.json', '../../../demo/contracts/contracts.json'];

/** @throws Error when the file is missing, or is not what it has to be */
export function readContracts(): ContractFile {
  for (const place of PLACES) {
    try {
      return contractFile.parse(JSON.parse(readFileSync(new URL(place, import.meta.url), 'utf8')));
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    }
  }
  throw new Error('demo/contracts/contracts.json is missing: npm run demo:contracts makes it');
}
