import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const repository = join(import.meta.dirname, '../..')

/** Lines of the map in CONTRIBUTING.md that begin with a package, each with the lines below that are indented. */
function readMap(): { readonly root: string; readonly text: string }[] {
  const [, map = ''] =
    /## Where things are\n\n```\n(.*?)\n```/s.exec(
      readFileSync(join(repository, 'CONTRIBUTING.md'), 'utf8'),
    ) ?? []
  return map.split(/\n(?=\S)/).map((text) => ({ root: text.split(/\s/, 1)[0]!, text }))
}

const tracked = execFileSync('git', ['ls-files'], { cwd: repository, encoding: 'utf8' }).split('\n')

/** The folders right below `root` that hold tracked files. */
function foldersOf(root: string): string[] {
  const below = tracked.filter((file) => file.startsWith(root)).map((file) => file.slice(root.length))
  return [...new Set(below.filter((file) => file.includes('/')).map((file) => file.split('/', 1)[0]!))]
}

test('the map in CONTRIBUTING.md names every package and every folder of each', () => {
  const map = readMap()
  const packages = foldersOf('').filter((folder) => !folder.startsWith('.'))
  const missing = packages.filter((name) => !map.some(({ root }) => root.startsWith(`${name}/`)))
  for (const { root, text } of map) {
    if (!root.endsWith('/') || root.startsWith('fixtures/')) continue
    for (const folder of foldersOf(root)) {
      if (folder !== 'src' && !text.includes(`${folder}/`)) missing.push(`${root}${folder}`)
    }
    if (foldersOf(root).includes('src'))
      for (const folder of foldersOf(`${root}src/`))
        if (!text.includes(`src/${folder}/`)) missing.push(`${root}src/${folder}`)
  }
  expect(missing).toEqual([])
})

test('the map in CONTRIBUTING.md names no folder that is not there', () => {
  const gone: string[] = []
  for (const { root, text } of readMap()) {
    for (const [, folder] of text.matchAll(/(?:^|\s)((?:[a-z0-9-]+\/)+)(?=[\s,:;)])/g)) {
      const isThere = tracked.some(
        (file) => file.startsWith(folder!) || (file.startsWith(root) && file.includes(`/${folder}`)),
      )
      if (!isThere) gone.push(`${root}: ${folder}`)
    }
  }
  expect(gone).toEqual([])
})
