import { UsageError } from '@weir/config'
import { z } from 'zod'

/** The last row of a page, by the order of its list: the next page begins after it. */
export interface Cursor {
  /** What the list is ordered by: a number, or a name. */
  readonly key: string
  /** Tells rows with equal keys apart. */
  readonly id: string
}

/** A cursor was not one that a page gave. */
export class CursorError extends UsageError {
  override readonly code = 'INVALID_CURSOR'
}

/** What the key is in the table. */
export type KeyType = 'Int64' | 'UInt64' | 'String'

const isWhole = (key: string): boolean => /^-?\d{1,20}$/.test(key)

const fits: Readonly<Record<KeyType, (key: string) => boolean>> = {
  String: () => true,
  Int64: (key) => isWhole(key) && BigInt.asIntN(64, BigInt(key)) === BigInt(key),
  UInt64: (key) => isWhole(key) && BigInt.asUintN(64, BigInt(key)) === BigInt(key),
}

const cursorShape = (type: KeyType) =>
  z.object({
    key: z.string().refine(fits[type]),
    id: z.string(),
  })

export function toCursor(key: bigint | number | string, id: string): string {
  return Buffer.from(JSON.stringify({ key: String(key), id } satisfies Cursor)).toString('base64url')
}

/** @throws CursorError */
export function parseCursor(text: string | undefined, type: KeyType = 'Int64'): Cursor | undefined {
  if (text === undefined) return undefined
  try {
    return cursorShape(type).parse(JSON.parse(Buffer.from(text, 'base64url').toString()))
  } catch (cause) {
    throw new CursorError(
      `expected the cursor of a page, got ${JSON.stringify(text)}: start at the first page`,
      { cause },
    )
  }
}
