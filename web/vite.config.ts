import { defineConfig } from 'vite';

/** The page, as the gateway serves it: every file but the HTML has its content in its name. */
export default defineConfig({
  root: import.meta.dirname,
  logLevel: 'warn',
  // The hooks of our client say `react`: here that is Preact, a tenth of its size.
  resolve: { alias: { react: 'preact/compat' } },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    target: 'es2022',
    // Nothing as a `data:` URL and no script in the HTML: the page's policy allows neither.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
