/** Readable on a phone and on a desk, in light and in dark. */
export const DOCS_STYLE = `:root {
  color-scheme: light dark;
  --ink: #1c2430;
  --paper: #ffffff;
  --soft: #f1f4f8;
  --line: #ccd4de;
  --link: #0b5cad;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e6eaf0;
    --paper: #12161c;
    --soft: #1c232c;
    --line: #39434f;
    --link: #7db8f5;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0;
  color: var(--ink);
  background: var(--paper);
  font: 16px/1.55 system-ui, sans-serif;
}
a { color: var(--link); }
nav { padding: 1rem 1.5rem; background: var(--soft); border-bottom: 1px solid var(--line); }
nav ul { margin: 0; padding-left: 1.1rem; }
main { max-width: 60rem; padding: 1rem 1.5rem 4rem; }
h2 { margin-top: 3rem; border-bottom: 1px solid var(--line); }
h3 { margin-top: 2.5rem; }
h3 small { font-weight: normal; opacity: 0.75; }
code, pre { font-family: ui-monospace, monospace; font-size: 0.9em; }
pre, .address { background: var(--soft); border: 1px solid var(--line); border-radius: 6px; }
pre { padding: 0.8rem; overflow-x: auto; }
.address { padding: 0.15rem 0.5rem; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { padding: 0.3rem 0.6rem; border: 1px solid var(--line); text-align: left; vertical-align: top; }
td { overflow-wrap: anywhere; }
.messages { display: flex; flex-wrap: wrap; gap: 0.3rem 1rem; padding: 0; list-style: none; }
@media (min-width: 70rem) {
  body { display: grid; grid-template-columns: 17rem 1fr; }
  nav { position: sticky; top: 0; height: 100vh; overflow-y: auto; border: 0; border-right: 1px solid var(--line); }
}
`;
