import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SPAN_COLUMNS } from '@weir/store'
import type { ClickHouseWriter } from '../writer/clickhouse-writer.ts'
import { temporaryDirectory } from './temporary-directory.ts'

/** Inserts a Native block as if it were a segment. */
export async function insertBlock(writer: ClickHouseWriter, block: Buffer, token: string): Promise<void> {
  const path = join(temporaryDirectory(), 'block.native')
  writeFileSync(path, block)
  const columns = SPAN_COLUMNS.map(({ name }) => name)
  await writer.insert({ path, ranges: [{ offset: 0, length: block.length }], columns }, token)
}
