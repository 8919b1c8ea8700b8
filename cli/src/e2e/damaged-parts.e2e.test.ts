import { closeSync, openSync, readdirSync, renameSync, statSync, truncateSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Installation, startInstallation, until } from '@weir/engines/testing'
import { expect, test } from 'vitest'
import type { InstallationStatus } from '../status/installation-status.ts'
import { sendSpans } from './send-spans.ts'

const DAY = 86_400_000

interface Part {
  readonly name: string
  readonly rows: number
  readonly path: string
}

function partsOfSpans(weir: Installation): Promise<Part[]> {
  return weir.query<Part>(
    `SELECT name, rows, path FROM system.parts WHERE active AND database = 'weir' AND table = 'spans'
      AND NOT startsWith(name, 'patch-') ORDER BY rows DESC`,
  )
}

/** The file with most of the data, which is one of the first column's or all columns'. */
function largestFile(path: string): string {
  const files = readdirSync(path).filter((name) => name.endsWith('.bin'))
  const [largest] = files.map((name) => join(path, name)).sort((a, b) => statSync(b).size - statSync(a).size)
  return largest!
}

/** Other bytes, and as many: the start does not notice, reading does. */
function damage(path: string): void {
  const file = openSync(largestFile(path), 'r+')
  writeSync(file, Buffer.alloc(64, 'X'), 0, 64, 40)
  closeSync(file)
}

test('parts that are damaged are said with their rows and what to do, whether found at the start or later', async () => {
  await using weir = await startInstallation()
  const status = async () => JSON.parse((await weir.weir(['status', '--json'])).stdout) as InstallationStatus
  const problems = async (name: string) =>
    (await status()).problems.filter((problem) => problem.name === name)
  let sent = 0
  const send = async (spans: number, startedAt: number) => {
    expect(await sendSpans(weir.collectorUrl, spans, startedAt)).toBe(200)
    await fetch(`${weir.collectorUrl}/flush`, { method: 'POST' })
    sent += spans
    await until(status, ({ stored }) => stored?.spans === sent && stored.unsettledTraces === 0)
  }
  // Of two months, so that their parts are never merged.
  await send(5_200, Date.now() - 40 * DAY)
  await send(300, Date.now())
  const well = await status()
  expect([well.healthy, well.problems]).toEqual([true, []])

  const [large] = await partsOfSpans(weir)
  expect(large?.rows).toBe(5_200)
  await weir.stop()
  truncateSync(largestFile(large!.path), 1_000)
  await weir.restart()

  const cut = await weir.weir(['status'])
  expect(cut.code).toBe(3)
  expect(cut.stdout).toMatch(
    /^problem: parts: 5200 rows of spans were set aside in 1 parts .*broken-on-start/m,
  )
  expect(cut.stdout).toMatch(/^warning: spans: 5200 of 5500 settled spans are missing/m)
  const doctor = await weir.weir(['doctor'])
  expect(doctor.code).toBe(2)
  expect(doctor.stdout).toMatch(/^problem {2}parts .*5200 rows of spans/m)
  expect(doctor.stdout).toMatch(/^ +see "Damaged files" in docs\/OPERATING.md: .*weir import/m)

  const [small] = await partsOfSpans(weir)
  await weir.stop()
  damage(small!.path)
  await weir.restart()
  await weir.query('SELECT sum(cityHash64(*)) FROM spans').catch(() => undefined)
  expect(await problems('files')).toMatchObject([
    { ok: false, found: expect.stringMatching(/^1 parts with 300 rows are damaged.*CHECKSUM_DOESNT_MATCH/) },
  ])
  // As the advice says.
  await weir.stop()
  renameSync(small!.path, join(dirname(small!.path), 'detached', small!.name))
  await weir.restart()
  await weir.query('SELECT sum(cityHash64(*)) FROM spans')
  expect(await problems('files')).toEqual([])
  expect((await problems('parts'))[0]?.found).toMatch(/^5500 rows of spans were set aside in 2 parts/)
})
