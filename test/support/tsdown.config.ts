import { fileURLToPath } from 'node:url'
import { defineConfig } from 'tsdown'

const stub = fileURLToPath(new URL('./graphql-for-graphql-request.ts', import.meta.url))
const headers = fileURLToPath(new URL('./headers-for-graphql-request.ts', import.meta.url))

export default defineConfig({
  cwd: fileURLToPath(new URL('../..', import.meta.url)),
  entry: {
    main: 'src/main.ts',
    define: 'src/config/define.ts',
    'railway-stand-in': 'src/local/railway-stand-in.ts',
  },
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  dts: { entry: 'src/config/define.ts' },
  clean: true,
  // Libraries that are not dependencies are bundled; one chunk a command comes out of the dynamic imports.
  deps: { onlyBundle: false },
  // What every command needs before it knows which one it is: one file to open instead of ten.
  outputOptions: {
    codeSplitting: {
      groups: [
        {
          name: 'first',
          test: /src\/(kit\/(errors|text)|config\/nearest|plan\/guards\/|plan\/shown-value|logs\/entry-filter|cli\/exit-codes|output\/terminal)|fastest-levenshtein/,
        },
      ],
    },
  },
  plugins: [
    {
      // It names the global Headers, which would load the whole of Node's own HTTP client at the first request.
      name: 'own-headers-for-graphql-request',
      transform: {
        handler: (code: string, id: string) =>
          id.includes('/graphql-request/') && /\bnew Headers\b|\binstanceof Headers\b/.test(code)
            ? `import { Headers } from ${JSON.stringify(headers)}\n${code}`
            : undefined,
      },
    },
    {
      // graphql-request imports graphql only to read an operation's name: its stub keeps graphql itself off the way to an answer.
      name: 'stub-graphql-for-graphql-request',
      resolveId: {
        order: 'pre',
        handler: (source: string, importer: string | undefined) => {
          if (source !== 'graphql') return undefined
          return importer?.includes('/graphql-request/')
            ? { id: stub, external: false }
            : { id: 'graphql', external: true }
        },
      },
    },
  ],
})
