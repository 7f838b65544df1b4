import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

/**
 * Each vendor package is imported by one folder only, so that replacing it is the change of one folder.
 * `test/house/one-importer-per-vendor.test.ts` holds the same list against the tree, without ESLint.
 */
const VENDORS = [
  { name: 'uWebSockets.js', importer: 'gateway/transport/**' },
  { name: '@nats-io/*', importer: 'shared/bus/**' },
  { name: 'jose', importer: 'gateway/auth/**' },
  { name: 'pino', importer: 'shared/telemetry/**' },
  { name: 'pino-pretty', importer: 'shared/telemetry/**' },
  { name: 'openai', importer: 'chat-worker/agents/**' },
  { name: '@opentelemetry/*', importer: 'shared/telemetry/**' },
  { name: 'react', importer: 'client/react/**' },
  { name: 'preact', importer: 'web/**' },
  { name: 'marked', importer: 'web/**' },
];

/**
 * Which other parts of the tree a part must not import: arrows go gateway -> shared <- chat-worker.
 * @type {Record<string, readonly string[]>}
 */
const FORBIDDEN_PARTS = {
  shared: ['gateway', 'chat-worker', 'client', 'web', 'demo', 'scripts', 'test', 'bench'],
  gateway: ['chat-worker', 'client', 'web', 'demo', 'scripts', 'test', 'bench'],
  'chat-worker': ['gateway', 'client', 'web', 'demo', 'scripts', 'test', 'bench'],
  terminal: ['shared', 'gateway', 'chat-worker', 'web', 'demo', 'scripts', 'test', 'bench'],
  client: [
    'gateway',
    'chat-worker',
    'web',
    'demo',
    'scripts',
    'test',
    'bench',
    'shared/(?!socket-protocol/)',
  ],
  web: ['shared', 'gateway', 'chat-worker', 'terminal', 'demo', 'scripts', 'test', 'bench'],
  demo: ['gateway', 'chat-worker', 'client', 'terminal', 'web', 'scripts', 'test', 'bench'],
};

/**
 * @param {string} part
 * @param {string | undefined} importer the glob whose files are configured; its own vendors are allowed there
 * @returns {import('eslint').Linter.RulesRecord}
 */
function importRule(part, importer) {
  const vendors = VENDORS.filter((vendor) => vendor.importer !== importer).map((vendor) => ({
    // Anchored: `../client/react/index.ts` is not React.
    regex: `^${vendor.name.replace('.', String.raw`\.`).replace(/\/\*$/, '/')}${vendor.name.endsWith('/*') ? '' : '(/|$)'}`,
    message: `Only ${vendor.importer} imports ${vendor.name}.`,
  }));
  const parts = (FORBIDDEN_PARTS[part] ?? []).map((other) => ({
    regex: `^(\\.\\./)+${other.includes('/') ? other : `${other}/`}`,
    message: `${part} knows nothing of ${other}.`,
  }));
  return { 'no-restricted-imports': ['error', { patterns: [...vendors, ...parts] }] };
}

const importRules = Object.keys(FORBIDDEN_PARTS).flatMap((part) => [
  { files: [`${part}/**/*.{ts,tsx}`], rules: importRule(part, undefined) },
  ...[...new Set(VENDORS.map((vendor) => vendor.importer))]
    .filter((importer) => importer.startsWith(`${part}/`))
    .map((importer) => ({ files: [importer], rules: importRule(part, importer) })),
]);

/** Subjects are written once, by functions that check what becomes a token of them. */
const SUBJECT = String.raw`^(session|chat\.request|live|investigation|state\.session)\.`;
/** `investigation.<id>` alone is the name of a channel, which clients see. */
const CHANNEL =
  'TemplateLiteral[quasis.length=2][quasis.0.value.raw="investigation."][quasis.1.value.raw=""]';
const SUBJECT_MESSAGE = 'Build subjects with shared/bus-protocol/subjects.ts.';
/** @type {import('eslint').Linter.RulesRecord} */
const subjectRule = {
  'no-restricted-syntax': [
    'error',
    {
      selector: `TemplateLiteral:not(${CHANNEL}) > TemplateElement:first-child[value.raw=/${SUBJECT}/]`,
      message: SUBJECT_MESSAGE,
    },
    {
      selector: `BinaryExpression[operator='+'] > Literal[value=/${SUBJECT}/]`,
      message: SUBJECT_MESSAGE,
    },
    {
      selector: `Literal[value=/${SUBJECT}([^ ]*[*>])$/]`,
      message: SUBJECT_MESSAGE,
    },
  ],
};

export default defineConfig(
  globalIgnores(['dist/', 'node_modules/', '.data/', 'coverage/', 'client/dist/', 'web/dist/']),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts', '**/*.tsx', '**/*.js'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      eqeqeq: 'error',
      'no-console': 'error',
      'no-param-reassign': 'error',
      'no-empty': ['error', { allowEmptyCatch: false }],
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true, requireDefaultForNonUnion: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // Numbers read the same in a message as everywhere else.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
    },
  },
  ...importRules,
  {
    files: ['shared/**/*.ts', 'gateway/**/*.ts', 'chat-worker/**/*.ts', 'demo/**/*.ts'],
    ignores: ['shared/bus-protocol/**'],
    rules: subjectRule,
  },
  {
    // Build settings that belong to no project.
    files: ['web/vite.config.ts'],
    ...tseslint.configs.disableTypeChecked,
    languageOptions: { parserOptions: { projectService: false } },
  },
  {
    // What people run in a terminal talks to the terminal.
    files: ['scripts/**', 'bench/**', '*.config.{js,ts}'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['test/**'],
    rules: { 'max-lines-per-function': 'off' },
  },
);
