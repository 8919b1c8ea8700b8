/** What changes from request to request in one that is encoded already. */
export type Variable =
  | 'traceId'
  | 'spanId'
  | 'parentId'
  | 'start'
  | 'end'
  | 'number'
  | 'run'
  | 'session'
  | 'user'
  | 'noise'

/** Where it is, and of which span of the request. */
export interface Place {
  readonly variable: Variable
  readonly span: number
  readonly at: number
}

/** Encoded bytes with the places in them that vary. */
export interface Piece {
  readonly bytes: Buffer
  readonly places: readonly Place[]
}

export function fixed(bytes: Buffer | string): Piece {
  return { bytes: Buffer.from(bytes), places: [] }
}

/** A place of `width` bytes. */
export function varying(variable: Variable, span: number, width: number): Piece {
  return { bytes: Buffer.alloc(width), places: [{ variable, span, at: 0 }] }
}

export function join(pieces: readonly Piece[]): Piece {
  const places: Place[] = []
  let offset = 0
  for (const piece of pieces) {
    for (const place of piece.places) places.push({ ...place, at: place.at + offset })
    offset += piece.bytes.length
  }
  return { bytes: Buffer.concat(pieces.map(({ bytes }) => bytes)), places }
}

const WIDTHS: Readonly<Record<string, number>> = { run: 32, session: 8, user: 8, noise: 8 }

/** Text in which names in braces are places of hexadecimal digits. @param encode applied to what stays */
export function textPiece(text: string, span: number, encode: (part: string) => string): Piece {
  const parts = text.split(/\{(run|session|user|noise)\}/)
  return join(
    parts.map((part, index) =>
      index % 2 === 0 ? fixed(encode(part)) : varying(part as Variable, span, WIDTHS[part]!),
    ),
  )
}
