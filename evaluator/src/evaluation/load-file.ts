import { existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { UsageError } from '@weir/config'
import { glob } from 'tinyglobby'
import { messageOf } from '../errors.ts'
import { type Evaluation, isEvaluation } from './definition.ts'

const EVAL_FILES = '**/*.eval.{ts,mts,cts,tsx,js,mjs,cjs,jsx}'
const IGNORED = ['**/node_modules/**', '**/dist/**', '**/.next/**', '**/.weir/**']

/**
 * The evaluation files at the paths, absolute and sorted. A path is a file, a directory with files below it, or a glob;
 * without paths, it is the working directory.
 */
export async function findEvalFiles(
  paths: readonly string[],
  cwd: string = process.cwd(),
): Promise<string[]> {
  const found = await Promise.all((paths.length === 0 ? ['.'] : paths).map((path) => findIn(path, cwd)))
  return [...new Set(found.flat())].sort()
}

async function findIn(path: string, cwd: string): Promise<string[]> {
  const absolute = resolve(cwd, path)
  const info = await stat(absolute).catch(() => undefined)
  if (info?.isFile()) return [absolute]
  const files = info?.isDirectory()
    ? await glob(EVAL_FILES, { cwd: absolute, absolute: true, ignore: IGNORED })
    : await glob(path, { cwd, absolute: true, ignore: IGNORED })
  if (files.length > 0 || path === '.') return files
  throw new UsageError(
    `There is no evaluation at "${path}": expected a file, a directory with *.eval.ts files, or a glob.`,
  )
}

/** What tells tsx which `tsconfig.json` to read: the nearest one above the file. By itself it looks in the working directory. */
function tsconfigOf(file: string): { readonly TSX_TSCONFIG_PATH?: string } {
  for (let at = dirname(file); ; at = dirname(at)) {
    const path = join(at, 'tsconfig.json')
    if (existsSync(path)) return { TSX_TSCONFIG_PATH: path }
    if (at === dirname(at)) return {}
  }
}

/**
 * Lets this process import whatever TypeScript a project has, as processes of their own do; Node alone only strips types.
 * @param file says which `tsconfig.json` counts for all
 */
export async function registerTypeScript(file: string): Promise<void> {
  Object.assign(process.env, tsconfigOf(file))
  const [esm, cjs] = await Promise.all([import('tsx/esm/api'), import('tsx/cjs/api')])
  esm.register()
  cjs.register()
  // For what the project's code forks.
  process.execArgv.push('--import', import.meta.resolve('tsx'))
}

/** The evaluations that a file exports, as default or by name. */
export async function loadEvalFile(file: string): Promise<Evaluation[]> {
  const module = await importFile(file)
  // What CommonJS exports is, or is in, the default export.
  const { default: main } = module
  const exported = [module, typeof main === 'object' && main !== null && !isEvaluation(main) ? main : {}]
  const evaluations = [...new Set(exported.flatMap(Object.values).flat())].filter(isEvaluation)
  if (evaluations.length > 0) return evaluations
  const names = Object.keys(module).join(', ') || 'nothing'
  throw new UsageError(
    `${file} exports no evaluation (it exports ${names}): write \`export default evaluate(...)\`.`,
  )
}

async function importFile(file: string): Promise<Record<string, unknown>> {
  try {
    return (await import(pathToFileURL(file).href)) as Record<string, unknown>
  } catch (cause) {
    throw new UsageError(`Cannot load ${file}.\n${whereOf(cause)}`, { cause })
  }
}

/** A syntax error's position is only in its stack; for other errors the first frames say where. */
function whereOf(cause: unknown): string {
  if (!(cause instanceof Error)) return messageOf(cause)
  const stack = (cause.stack ?? '').replaceAll('file://', '')
  const lines = stack.split('\n').filter((line) => !/ \(?node:internal|@weir[/\\]evaluator/.test(line))
  return lines.length === 0 || lines[0] === '' ? messageOf(cause) : lines.slice(0, 8).join('\n')
}
