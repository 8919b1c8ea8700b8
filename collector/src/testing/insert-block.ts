import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { SPAN_COLUMNS } from '@weir/store'
import type { ClickHouseWriter } from '../insert/clickhouse-writer.ts'
import { wholeBlocks } from '../insert/part.ts'
import { temporaryDirectory } from './temporary-directory.ts'

/** Inserts a Native block as if it were a segment. */
export async function insertBlock(writer: ClickHouseWriter, block: Buffer, token: string): Promise<void> {
  const path = join(temporaryDirectory(), 'block.native')
  writeFileSync(path, block)
  const columns = SPAN_COLUMNS.map(({ name }) => name)
  const record = { offset: 0, length: block.length, crc: crc32(block), rows: 0, rejected: 0 }
  await writer.insert({ path, part: wholeBlocks([record]), columns }, token)
}
