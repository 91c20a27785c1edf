// dependency-cruiser asks swc for TypeScript and never for JSX, so it cannot read a .tsx file: told by the name here.
import { createRequire } from 'node:module';

const swc = createRequire(import.meta.url)('@swc/core');
const { parseFileSync } = swc;

swc.parseFileSync = (file, options) => parseFileSync(file, { ...options, tsx: file.endsWith('.tsx') });
