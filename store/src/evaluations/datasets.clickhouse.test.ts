import { describe, expect, it } from 'vitest'
import { interceptedWrites, useStore } from '../testing.ts'
import {
  findCase,
  getDatasetCases,
  hashCases,
  listDatasets,
  listDatasetVersions,
  pushDataset,
  resolveDataset,
  storeCases,
} from './datasets.ts'
import { insertRows } from './rows.ts'

const store = useStore()

describe('datasets', () => {
  it('give the same content the same version, whatever the order of keys', async () => {
    const cases = [
      { id: 'a', input: { query: 'x', n: 1 }, reference: null, tags: ['t'] },
      { id: 'b', input: 'plain "text" \\ with \u0000 and 🜁', metadata: { k: [1, 2.5] } },
    ]
    const first = await pushDataset(store(), { name: 'research', cases })
    expect(first).toMatchObject({ version: 1, caseCount: 2, isNew: true })
    const [a, b] = cases
    const again = await pushDataset(store(), {
      name: 'research',
      cases: [{ ...a!, input: { n: 1, query: 'x' } }, b!],
    })
    expect(again).toMatchObject({ version: 1, contentHash: first.contentHash, isNew: false })
    const second = await pushDataset(store(), { name: 'research', cases: [b!, a!] })
    expect(second.version).toBe(2)
    expect(await getDatasetCases(store(), { name: 'research', contentHash: first.contentHash })).toEqual(
      cases,
    )
    const page = { name: 'research', contentHash: first.contentHash, limit: 1, offset: 1 }
    expect(await getDatasetCases(store(), page)).toEqual([b])
  })

  it('keep integers beyond 2^53 as they are written', async () => {
    const cases = [
      {
        id: 'a',
        input: { id: 9_007_199_254_740_993n },
        reference: [-(2n ** 63n)],
        metadata: { n: 2n ** 64n },
      },
    ]
    const { contentHash } = await pushDataset(store(), { name: 'large', cases })
    expect(await getDatasetCases(store(), { name: 'large', contentHash })).toEqual(cases)
    const near = await pushDataset(store(), {
      name: 'large',
      cases: [{ ...cases[0]!, input: { id: 9_007_199_254_740_992n } }],
    })
    expect(near).toMatchObject({ version: 2, isNew: true })
  })

  it('become the latest version when they are pushed, also with the content of an older one', async () => {
    const push = (input: number) => pushDataset(store(), { name: 'back', cases: [{ id: 'a', input }] })
    expect(await push(1)).toMatchObject({ version: 1, isNew: true })
    expect(await push(2)).toMatchObject({ version: 2, isNew: true })
    expect(await push(1)).toMatchObject({ version: 3, isNew: true, sameAs: 1 })
    expect(await push(1)).toMatchObject({ version: 3, isNew: false })
    const latest = await resolveDataset(store(), { reference: 'back' })
    expect(await getDatasetCases(store(), latest!)).toEqual([{ id: 'a', input: 1 }])
  })

  it('that are pushed at once have a version each', async () => {
    const inputs = Array.from({ length: 10 }, (_, at) => at % 8)
    const pushed = await Promise.all(
      inputs.map((input) => pushDataset(store(), { name: 'busy', cases: [{ id: 'a', input }] })),
    )
    const versions = await listDatasetVersions(store(), { name: 'busy' })
    for (const { version, contentHash } of pushed)
      expect(versions.find((stored) => stored.version === version)?.contentHash).toBe(contentHash)
    const stored = await Promise.all(versions.map((version) => getDatasetCases(store(), version)))
    expect(new Set(stored.flat().map(({ input }) => input))).toEqual(new Set(inputs))
    const numbers = versions.map(({ version }) => version).toSorted((a, b) => a - b)
    expect(numbers).toEqual(numbers.map((_, at) => at + 1))
  })

  it('get no name that could be taken for a version; one that has it already is found', async () => {
    const cases = [{ id: 'a', input: 1 }]
    await expect(pushDataset(store(), { name: 'foo@1', cases })).rejects.toThrow(
      'The name of a dataset is "foo@1", expected one without "@", which separates the version from it.',
    )
    await expect(pushDataset(store(), { name: '', cases })).rejects.toThrow('is not empty')
    await expect(pushDataset(store(), { name: 'a\n', cases })).rejects.toThrow('control characters')
    const rows = ['foo@1', 'foo@1'].map((name, at) => ({
      name,
      version: at + 1,
      content_hash: `hash ${at}`,
      case_count: 1,
      created: '2026-01-01 00:00:00',
    }))
    await insertRows(store(), 'datasets', rows)
    expect(await resolveDataset(store(), { reference: 'foo@1' })).toMatchObject({ name: 'foo@1', version: 2 })
    expect(await resolveDataset(store(), { reference: 'foo@1@1' })).toMatchObject({
      name: 'foo@1',
      version: 1,
    })
    await pushDataset(store(), { name: 'foo', cases })
    expect(await resolveDataset(store(), { reference: 'foo@1' })).toMatchObject({ name: 'foo', version: 1 })
    expect(await resolveDataset(store(), { reference: 'foo@1@2' })).toMatchObject({
      name: 'foo@1',
      version: 2,
    })
  })

  it('resolve by name and version', async () => {
    expect(await resolveDataset(store(), { reference: 'research' })).toMatchObject({ version: 2 })
    expect(await resolveDataset(store(), { reference: 'research@1' })).toMatchObject({ version: 1 })
    expect(await resolveDataset(store(), { reference: 'research@9' })).toBeUndefined()
    expect(await listDatasets(store())).toContainEqual(
      expect.objectContaining({ name: 'research', version: 2 }),
    )
    expect((await listDatasetVersions(store(), { name: 'research' })).map(({ version }) => version)).toEqual([
      2, 1,
    ])
  })
})

describe('the cases of an experiment', () => {
  const cases = [
    { id: 'a/b ?', input: { n: 9_007_199_254_740_993n }, reference: 'A', tags: ['t'], metadata: { k: 1 } },
    { id: 'b', input: 2 },
  ]
  const data = { dataset: '', datasetHash: hashCases(cases) }

  it('are found by their id, and are no dataset', async () => {
    const before = await listDatasets(store())
    await storeCases(store(), { ...data, cases })
    expect(await findCase(store(), { ...data, caseId: 'a/b ?' })).toEqual(cases[0])
    expect(await findCase(store(), { ...data, caseId: 'b' })).toEqual(cases[1])
    expect(await findCase(store(), { ...data, caseId: 'c' })).toBeUndefined()
    expect(await findCase(store(), { ...data, datasetHash: 'other', caseId: 'b' })).toBeUndefined()
    expect(await listDatasets(store())).toEqual(before)
  })

  it('are written once, and again where only a part of them was', async () => {
    let writes = 0
    const counted = interceptedWrites(store(), () => {
      writes++
    })
    await storeCases(counted, { ...data, cases })
    expect(writes).toBe(0)
    const more = { dataset: '', datasetHash: 'interrupted' }
    await storeCases(counted, { ...more, cases: cases.slice(0, 1) })
    await storeCases(counted, { ...more, cases })
    expect(writes).toBe(2)
    expect(await findCase(store(), { ...more, caseId: 'b' })).toEqual(cases[1])
  })

  it('of a dataset are those of its version', async () => {
    const { version, contentHash } = await pushDataset(store(), { name: 'kept', cases })
    const of = { dataset: `kept@${version}`, datasetHash: contentHash }
    expect(await findCase(store(), { ...of, caseId: 'b' })).toEqual(cases[1])
    let writes = 0
    await storeCases(
      interceptedWrites(store(), () => {
        writes++
      }),
      { ...of, cases },
    )
    expect(writes).toBe(0)
  })
})
