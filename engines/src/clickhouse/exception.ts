/** A ClickHouse exception: its number, and its text as a ClickHouse server would send it. */
export class ClickHouseException extends Error {
  override readonly name = 'ClickHouseException'
  readonly code: number

  constructor(code: number, text: string, options?: ErrorOptions) {
    super(text, options)
    this.code = code
  }
}

/** Builds an exception of the server itself, as opposed to one that the engine raised. */
export function exception(code: number, symbol: string, text: string): ClickHouseException {
  return new ClickHouseException(code, `Code: ${code}. DB::Exception: ${text}. (${symbol})`)
}

/** What the engine threw; 1001 is ClickHouse's own code for a cause without a code. */
export function toException(error: unknown): ClickHouseException {
  if (error instanceof ClickHouseException) return error
  const text = error instanceof Error ? error.message : String(error)
  const code = /^Code: (\d+)\./.exec(text)?.[1]
  if (code !== undefined) return new ClickHouseException(Number(code), text, { cause: error })
  return new ClickHouseException(1001, `Code: 1001. DB::Exception: ${text}. (STD_EXCEPTION)`, {
    cause: error,
  })
}

// https://github.com/ClickHouse/ClickHouse/blob/master/src/Server/HTTP/exceptionCodeToHTTPStatus.cpp
const STATUS_CODES: readonly (readonly [status: number, codes: readonly number[]])[] = [
  [
    400,
    [
      6, 8, 15, 25, 26, 27, 36, 38, 41, 43, 44, 53, 62, 72, 117, 167, 168, 223, 295, 321, 376, 427, 441, 675,
      676,
    ],
  ],
  [401, [194]],
  [403, [192, 193, 497, 512, 516]],
  [404, [34, 46, 47, 50, 56, 60, 63, 73, 78, 81, 84, 115, 511]],
  [408, [159]],
  [411, [381]],
  [413, [307]],
  [415, [702]],
  [423, [373]],
  [501, [48]],
  [503, [76, 209, 439]],
]

const STATUS_BY_CODE = new Map(
  STATUS_CODES.flatMap(([status, codes]) => codes.map((code) => [code, status] as const)),
)

/** The HTTP status that ClickHouse answers with for an exception code. */
export function statusOf(code: number): number {
  return STATUS_BY_CODE.get(code) ?? 500
}
