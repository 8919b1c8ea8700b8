import { readdirSync, readFileSync, statSync } from 'node:fs'
import { open, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { z } from 'zod'
import type { BlockRecord } from './block-index.ts'
import { syncDirectory } from './segment.ts'

/** Why blocks were set aside, and what is in them. */
export interface QuarantineNote {
  readonly reason: string
  /** Missing where nobody knows. */
  readonly rows?: number | undefined
  /** Names of the blocks' columns. */
  readonly columns?: readonly string[] | undefined
  /** When it was set aside. */
  readonly at?: string | undefined
  /** Whether it is not what was written, so that it is not to be inserted. */
  readonly damaged?: boolean | undefined
  /** Where blocks begin; missing in notes of older versions, whose files are one block. */
  readonly blocks?: readonly BlockRecord[] | undefined
}

const count = z.number().int().min(0)
const noteSchema: z.ZodType<QuarantineNote> = z.object({
  reason: z.string(),
  rows: count.optional(),
  columns: z.array(z.string()).optional(),
  at: z.string().optional(),
  damaged: z.boolean().optional(),
  blocks: z
    .array(z.object({ offset: count, length: count, crc: count, rows: count, rejected: count }))
    .optional(),
})

/** A file of blocks that was set aside. */
export interface QuarantinedFile {
  /** The name of the file without its ending. */
  readonly id: string
  readonly bytes: number
  readonly note: QuarantineNote
  /** Milliseconds since 1970. */
  readonly setAside: number
}

/** Blocks to be set aside. */
export interface QuarantinedPiece {
  readonly bytes: Buffer
  readonly rows: number
}

const BLOCKS = '.native'
/** The reasons of files that older versions wrote, which say in no other way that they are damaged. */
const DAMAGES = new Set(['damaged on the disk', 'its index is damaged'])

export function quarantineDirectory(logDirectory: string): string {
  return join(logDirectory, 'quarantine')
}

export function quarantinedPath(directory: string, id: string): string {
  return join(directory, id + BLOCKS)
}

function notePath(directory: string, id: string): string {
  return join(directory, `${id}.json`)
}

/** What was set aside, oldest first; nothing where the directory is not there. */
export function listFiles(directory: string): QuarantinedFile[] {
  return namesIn(directory)
    .filter((name) => name.endsWith(BLOCKS))
    .sort()
    .flatMap((name) => readFileOf(directory, name.slice(0, -BLOCKS.length)) ?? [])
}

export function isDamaged({ note }: QuarantinedFile): boolean {
  return note.damaged === true || DAMAGES.has(note.reason)
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** Undefined where another process has just removed it. */
function readFileOf(directory: string, id: string): QuarantinedFile | undefined {
  try {
    const { size, mtimeMs } = statSync(quarantinedPath(directory, id))
    const note = readNote(directory, id)
    const at = Date.parse(note.at ?? '')
    return { id, bytes: size, note, setAside: Number.isNaN(at) ? mtimeMs : at }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function readNote(directory: string, id: string): QuarantineNote {
  try {
    return noteSchema.parse(JSON.parse(readFileSync(notePath(directory, id), 'utf8')))
  } catch {
    return { reason: 'unknown: there is no note beside it that can be read', damaged: true }
  }
}

/** Writes a file and its note; a file of the same id is replaced in one step. */
export async function writeQuarantined(
  directory: string,
  id: string,
  pieces: AsyncIterable<QuarantinedPiece>,
  note: Omit<QuarantineNote, 'rows' | 'blocks'>,
): Promise<QuarantinedFile> {
  const blocks: BlockRecord[] = []
  let bytes = 0
  await replace(quarantinedPath(directory, id), async (path) => {
    const file = await open(path, 'w', 0o600)
    try {
      for await (const { bytes: piece, rows } of pieces) {
        await file.appendFile(piece)
        blocks.push({ offset: bytes, length: piece.length, crc: crc32(piece), rows, rejected: 0 })
        bytes += piece.length
      }
      await file.datasync()
    } finally {
      await file.close()
    }
  })
  const rows = blocks.reduce((sum, block) => sum + block.rows, 0)
  const whole = { ...note, rows, ...(note.damaged !== true && { blocks }) }
  await writeNote(directory, id, whole)
  return { id, bytes, note: whole, setAside: Date.parse(note.at ?? '') }
}

export async function writeNote(directory: string, id: string, note: QuarantineNote): Promise<void> {
  await replace(notePath(directory, id), (path) =>
    writeFile(path, `${JSON.stringify(note)}\n`, { mode: 0o600 }),
  )
  await syncDirectory(directory)
}

/** The blocks go first: a note without them means nothing. */
export async function removeQuarantined(directory: string, id: string): Promise<void> {
  await rm(quarantinedPath(directory, id), { force: true })
  await rm(notePath(directory, id), { force: true })
  await rm(join(directory, `${id}.index`), { force: true })
}

async function replace(path: string, write: (path: string) => Promise<void>): Promise<void> {
  const unfinished = `${path}.new`
  await write(unfinished)
  await rename(unfinished, path)
}
