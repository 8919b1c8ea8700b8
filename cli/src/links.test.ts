import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'

const repository = join(import.meta.dirname, '../..')
const pages = execFileSync('git', ['ls-files', '*.md'], { cwd: repository, encoding: 'utf8' })
  .trim()
  .split('\n')

/** Without blocks of code, in which brackets and hashes mean something else. */
const textOf = (path: string) => readFileSync(path, 'utf8').replaceAll(/^ *```.*?^ *```/gms, '')

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsOf(path: string): Set<string> {
  const anchors = new Set<string>()
  for (const [, heading] of textOf(path).matchAll(/^#+ (.+)$/gm)) {
    const slug = heading!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-')
    let anchor = slug
    for (let next = 1; anchors.has(anchor); next++) anchor = `${slug}-${next}`
    anchors.add(anchor)
  }
  return anchors
}

/** Every target of a link or picture that is no URL. */
function targetsOf(page: string): string[] {
  const text = textOf(join(repository, page)).replaceAll(/`[^`\n]*`/g, '')
  const targets = text.matchAll(/\]\(([^)\s]+)\)|(?:src|srcset|href)="([^"]+)"/g)
  return [...targets]
    .map(([, markdown, html]) => (markdown ?? html)!)
    .filter((target) => !/^[a-z]+:/.test(target))
}

test('every relative link of every page leads to a file, and to a heading of it', () => {
  const broken: string[] = []
  let followed = 0
  for (const page of pages) {
    for (const target of targetsOf(page)) {
      const [path = '', anchor] = target.split('#')
      const file = path === '' ? join(repository, page) : join(repository, dirname(page), path)
      const leads = existsSync(file) && (anchor === undefined || anchorsOf(file).has(anchor))
      if (!leads) broken.push(`${page}: ${target}`)
      followed++
    }
  }
  expect(broken).toEqual([])
  expect(followed).toBeGreaterThan(50)
})

test('every file that a page names by its path is there', () => {
  const named = pages.flatMap((page) =>
    [...textOf(join(repository, page)).matchAll(/`((?:[a-z-]+\/)+[\w.-]+\.(?:ts|sql|json|md|yml))`/g)].map(
      ([, path]) => ({ page, path: path! }),
    ),
  )
  const gone = named.filter(
    ({ page, path }) =>
      ![repository, join(repository, dirname(page))].some((root) => existsSync(join(root, path))),
  )
  expect(gone).toEqual([])
  expect(named.length).toBeGreaterThan(5)
})
