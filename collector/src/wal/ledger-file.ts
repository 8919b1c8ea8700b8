import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { NOTHING, type Totals } from './ledger.ts'
import { syncDirectory } from './segment.ts'

/** The totals as they are saved, and the names of the last segments in them whose files may still be there. */
export interface SavedLedger {
  readonly totals: Totals
  readonly counted: readonly string[]
}

const SLOT_BYTES = 8192
const HEAD_BYTES = 16

/**
 * The ledger's file: two slots that are written in turn, so that one is whole at any time. It never grows, so that it
 * can be written on a full disk, where a segment could not be deleted otherwise.
 */
export class LedgerFile {
  readonly #file: FileHandle
  #sequence: number

  private constructor(file: FileHandle, sequence: number) {
    this.#file = file
    this.#sequence = sequence
  }

  static async open(directory: string): Promise<{ readonly file: LedgerFile; readonly saved: SavedLedger }> {
    const path = join(directory, 'ledger')
    const file = await open(path, 'r+').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return open(path, 'wx+', 0o600)
      throw error
    })
    const bytes = Buffer.alloc(2 * SLOT_BYTES)
    const { bytesRead } = await file.read(bytes, 0, bytes.length, 0)
    if (bytesRead < bytes.length) {
      await file.write(bytes.subarray(bytesRead), 0, bytes.length - bytesRead, bytesRead)
      await file.sync()
      await syncDirectory(directory)
    }
    const slots = [bytes.subarray(0, SLOT_BYTES), bytes.subarray(SLOT_BYTES)].map(decodeSlot)
    const last = slots.reduce((a, b) => ((b?.sequence ?? 0) > (a?.sequence ?? 0) ? b : a))
    return {
      file: new LedgerFile(file, last?.sequence ?? 0),
      saved: last?.saved ?? { totals: NOTHING, counted: [] },
    }
  }

  /** One at a time. */
  async save(saved: SavedLedger): Promise<void> {
    const sequence = this.#sequence + 1
    const slot = encodeSlot(sequence, saved)
    await this.#file.write(slot, 0, slot.length, (sequence % 2) * SLOT_BYTES)
    await this.#file.datasync()
    this.#sequence = sequence
  }

  async close(): Promise<void> {
    await this.#file.close()
  }
}

function encodeSlot(sequence: number, saved: SavedLedger): Buffer {
  const slot = Buffer.alloc(SLOT_BYTES)
  const length = slot.write(JSON.stringify(saved), HEAD_BYTES)
  slot.writeBigUInt64LE(BigInt(sequence), 0)
  slot.writeUInt32LE(length, 8)
  slot.writeUInt32LE(crcOf(slot, length), 12)
  return slot
}

function decodeSlot(slot: Buffer): { readonly sequence: number; readonly saved: SavedLedger } | undefined {
  const length = slot.readUInt32LE(8)
  if (length === 0 || length > SLOT_BYTES - HEAD_BYTES) return undefined
  if (slot.readUInt32LE(12) !== crcOf(slot, length)) return undefined
  const saved = JSON.parse(slot.toString('utf8', HEAD_BYTES, HEAD_BYTES + length)) as SavedLedger
  return { sequence: Number(slot.readBigUInt64LE(0)), saved }
}

function crcOf(slot: Buffer, length: number): number {
  return crc32(slot.subarray(HEAD_BYTES, HEAD_BYTES + length), crc32(slot.subarray(0, 12)))
}
