import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { Finding } from '../status/finding.ts'

const OURS = [
  '@weir/config',
  '@weir/sdk',
  '@weir/store',
  '@weir/dialects',
  '@weir/evaluator',
  '@weir/collector',
  '@weir/dashboard',
  '@weir/engines',
]

/** Our packages with their versions; all of one version belong together. */
export function installedPackages(): Finding[] {
  const own = packageVersion('weir')
  return OURS.flatMap((name): Finding[] => {
    const version = packageVersion(name)
    if (version === undefined) return []
    if (version === own) return [{ name, ok: true, found: version }]
    return [{ name, ok: false, found: `${version}, weir is ${own}`, advice: `install ${name}@${own}` }]
  })
}

/** The version of an installed package, without loading it. */
export function packageVersion(name: string): string | undefined {
  const require = createRequire(import.meta.url)
  const directories =
    name === 'weir' ? [join(dirname(import.meta.dirname), '..')] : packageDirectories(require, name)
  for (const directory of directories) {
    try {
      return (JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as { version: string })
        .version
    } catch {
      // Not in this one: Node looks in the next.
    }
  }
  return undefined
}

function packageDirectories(require: NodeJS.Require, name: string): string[] {
  return (require.resolve.paths(name) ?? []).map((directory) => join(directory, name))
}
