import { render } from 'preact';
import { App } from './app.tsx';
import { LanguageProvider } from './language/language.tsx';
import { openSession } from './session/open-session.ts';

const root = document.getElementById('page');
if (root === null) throw new Error('index.html has no #page');
render(
  <LanguageProvider>
    <App session={openSession()} />
  </LanguageProvider>,
  root,
);
