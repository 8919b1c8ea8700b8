import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const modules = join(import.meta.dirname, '../../node_modules')
const run = promisify(execFile)

/** The code of a page, as files of a project that has the packages of this repository. */
export interface CodeOfPage extends AsyncDisposable {
  readonly directory: string
  /** Blocks of TypeScript by their names: `ts river.ts` begins one. */
  readonly files: ReadonlyMap<string, string>
  /** Blocks of TypeScript without a name, which nobody tests. */
  readonly unnamed: readonly string[]
  /** What the compiler says of all files. */
  problems(): Promise<string>
  /** Runs a file, or code beside the files, and gives what it printed. */
  run(file: string, options?: RunOptions): Promise<string>
}

interface RunOptions {
  /** What to run in place of the page's own file, which it imports. */
  readonly code?: string
  readonly env?: Readonly<Record<string, string>>
}

/** @param page a path from the root of the repository */
export async function codeOf(page: string): Promise<CodeOfPage> {
  const text = await readFile(join(import.meta.dirname, '../..', page), 'utf8')
  const blocks = [...text.matchAll(/```ts([^\n]*)\n(.*?)```/gs)].map(([, name = '', code = '']) => ({
    name: name.trim(),
    code,
  }))
  const files = new Map(blocks.filter(({ name }) => name !== '').map(({ name, code }) => [name, code]))
  const directory = await mkdtemp(join(tmpdir(), 'weir-page-'))
  await symlink(modules, join(directory, 'node_modules'))
  await writeFile(join(directory, 'package.json'), '{"type":"module"}')
  for (const [name, code] of files) await writeFile(join(directory, name), code)
  return {
    directory,
    files,
    unnamed: blocks.filter(({ name }) => name === '').map(({ code }) => code),
    problems: () => compile(directory),
    async run(file, { code, env = {} } = {}) {
      if (code !== undefined) await writeFile(join(directory, file), code)
      const { stdout } = await run(process.execPath, [file], {
        cwd: directory,
        env: { PATH: process.env.PATH, NODE_NO_WARNINGS: '1', ...env },
      })
      return stdout
    },
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true }),
  }
}

/** What a file says that it prints: `// → one | two` is two lines. */
export function promisedBy(code = ''): string {
  const promised = [...code.matchAll(/\/\/ → (.*)$/gm)].flatMap(([, lines = '']) => lines.split(' | '))
  return promised.map((line) => `${line.trim()}\n`).join('')
}

async function compile(directory: string): Promise<string> {
  const compilerOptions = {
    module: 'nodenext',
    target: 'es2024',
    strict: true,
    noEmit: true,
    allowImportingTsExtensions: true,
    erasableSyntaxOnly: true,
    skipLibCheck: true,
    types: ['node'],
  }
  await writeFile(join(directory, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }))
  return run(process.execPath, [join(modules, 'typescript', 'bin', 'tsc'), '-p', directory]).then(
    () => '',
    (error: { message: string; stdout: string }) => error.message + error.stdout,
  )
}
