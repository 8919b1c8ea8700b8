import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'rolldown'

// What applications load: few files, since Node takes about a millisecond for each module. `tsc` writes the types beside them.

interface Manifest {
  readonly exports: Readonly<Record<string, { readonly import: { readonly default: string } }>>
}

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))

const { exports } = JSON.parse(readFileSync(at('package.json'), 'utf8')) as Manifest
/** `./dist/serve/serve.js` is made of `src/serve/serve.ts`. */
const input = Object.fromEntries(
  Object.values(exports).map(({ import: { default: file } }) => {
    const name = file.replace(/^\.\/dist\/(.*)\.js$/, '$1')
    return [name, at(`src/${name}.ts`)]
  }),
)

const bundle = (dir: string, format: 'esm' | 'cjs') =>
  build({
    input,
    platform: 'node',
    // Packages, and modules of Node.
    external: /^[^./]/,
    output: { dir: at(dir), format, chunkFileNames: 'shared/[name].js' },
  })

await bundle('dist', 'esm')
await bundle('commonjs/dist', 'cjs')
