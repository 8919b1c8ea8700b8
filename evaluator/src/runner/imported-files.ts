import { createRequire, registerHooks } from 'node:module'
import { sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * Follows what this process imports from now on.
 * @returns the files so far, those of packages left out
 */
export function followImports(): () => string[] {
  const urls = new Set<string>()
  registerHooks({
    load: (url, context, nextLoad) => {
      urls.add(url)
      return nextLoad(url, context)
    },
  })
  // What CommonJS requires through tsx passes no hook.
  const { cache } = createRequire(import.meta.url)
  const before = new Set(Object.keys(cache))
  return () => {
    const imported = [...urls].filter((url) => url.startsWith('file:')).map((url) => fileURLToPath(url))
    const required = Object.keys(cache)
      .filter((key) => !before.has(key))
      .map((key) => key.replace(/\?.*$/, ''))
    return [...new Set([...imported, ...required])].filter(
      (file) => !file.includes(`${sep}node_modules${sep}`),
    )
  }
}
