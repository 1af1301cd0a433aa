/** The documentation site: the pages of `docs`, and a reference of each entry point. `npm run docs` writes it into docs/html. */
import katex from '@vscode/markdown-it-katex'

const rooms = ['net', 'surgery', 'graph', 'engine', 'data', 'learn', 'run', 'convert', 'report', 'async']
const pages = [
  'method',
  'language',
  'cookbook',
  'schedules',
  'data',
  'commands',
  'deployment',
  'import',
  'import-onnx',
  'tracking',
  'cluster',
  'troubleshooting',
  'messages',
  'architecture',
]

/** @type {Partial<import('typedoc').TypeDocOptions>} */
export default {
  name: 'espalier',
  entryPoints: ['../../src/index.ts', ...rooms.map(room => `../../src/${room}/index.ts`)],
  tsconfig: '../../tsconfig.json',
  readme: '../start.md',
  projectDocuments: pages.map(page => `../${page}.md`),
  out: '../html',
  cleanOutputDir: true,
  plugin: ['./sections.js'],
  markdownItLoader: parser => parser.use(katex.default ?? katex),
  customCss: './style.css',
  router: 'kind',
  sort: ['documents-first', 'kind', 'alphabetical-ignoring-documents'],
  navigation: { includeGroups: false },
  includeHierarchySummary: false,
  disableGit: true,
  disableSources: true,
  excludeInternal: true,
  skipErrorChecking: true,
  treatValidationWarningsAsErrors: true,
  validation: { notExported: false, invalidLink: true, invalidPath: true, notDocumented: false },
  requiredToBeDocumented: ['Function', 'Variable', 'Interface', 'TypeAlias'],
  highlightLanguages: ['ts', 'js', 'python', 'bash', 'json'],
}
