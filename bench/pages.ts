import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { startWeir } from './installation.ts'

export const name = 'pages: JavaScript that a first visit loads'

const PATHS = ['/', '/runs', '/flows/none', '/compare', '/evaluations', '/datasets'] as const
const BUDGET_KB = 270

/** Fetches each page as a browser would and adds up the scripts that its HTML names, compressed with gzip. */
export async function run(): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'weir-bench-'))
  const weir = await startWeir(home)
  try {
    const lines = ['| page | scripts | JavaScript, gzip | of the budget with charts |', '|---|---|---|---|']
    for (const path of PATHS) {
      const sizes = await scriptSizes(weir.dashboardUrl, path)
      const kilobytes = sizes.reduce((sum, size) => sum + size, 0) / 1024
      lines.push(
        `| \`${path}\` | ${sizes.length} | ${kilobytes.toFixed(0)} KB | ${(kilobytes / BUDGET_KB).toFixed(2)} |`,
      )
    }
    return lines.join('\n')
  } finally {
    await weir.stop()
    await rm(home, { recursive: true, force: true })
  }
}

async function scriptSizes(base: string, path: string): Promise<number[]> {
  const html = await (await fetch(base + path)).text()
  const sources = new Set(
    [...html.matchAll(/<script[^>]+src="([^"]+)"(?![^>]*nomodule)/gi)].map((match) => match[1]!),
  )
  return Promise.all(
    [...sources].map(async (source) => {
      const response = await fetch(new URL(source, base))
      return gzipSync(Buffer.from(await response.arrayBuffer())).length
    }),
  )
}
