import { readdirSync, readFileSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** One copy of a package. */
export interface Installed {
  readonly name: string
  readonly version: string
  readonly directory: string
}

/**
 * Every copy of the packages that a project has, however deep. Those of the directories around it count up to the one that has
 * `anchor`: a member of a workspace shares them.
 */
export function findPackages(project: string, names: readonly string[], anchor: string): Installed[] {
  const found = new Map<string, Installed>()
  const seen = new Set<string>()
  for (let directory = project; ; directory = dirname(directory)) {
    collect(join(directory, 'node_modules'), names, found, seen)
    const isEnough = versionOf(join(directory, 'node_modules', anchor)) !== undefined
    if (isEnough || directory === dirname(directory)) return [...found.values()]
  }
}

/** Each is found once, also where packages are linked, to each other too. */
function collect(
  modules: string,
  names: readonly string[],
  found: Map<string, Installed>,
  seen: Set<string>,
): void {
  const entries = entriesOf(modules)
  if (entries.length === 0) return
  const place = realpathSync(modules)
  if (seen.has(place)) return
  seen.add(place)
  for (const entry of entries) {
    if (entry === '.pnpm') {
      for (const one of entriesOf(join(modules, entry))) {
        collect(join(modules, entry, one, 'node_modules'), names, found, seen)
      }
    }
    if (entry.startsWith('.')) continue
    const packages = entry.startsWith('@')
      ? entriesOf(join(modules, entry)).map((one) => `${entry}/${one}`)
      : [entry]
    for (const name of packages) {
      const directory = join(modules, name)
      const version = names.includes(name) ? versionOf(directory) : undefined
      if (version !== undefined) found.set(realpathSync(directory), { name, version, directory })
      collect(join(directory, 'node_modules'), names, found, seen)
    }
  }
}

function entriesOf(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}

/** The version that a package gets when it imports another. */
export function copyOf(name: string, importer: string): string | undefined {
  const paths = createRequire(join(realpathSync(importer), 'package.json')).resolve.paths(name) ?? []
  for (const path of paths) {
    const version = versionOf(join(path, name))
    if (version !== undefined) return version
  }
  return undefined
}

function versionOf(directory: string): string | undefined {
  try {
    return (JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as { version: string }).version
  } catch {
    return undefined
  }
}
