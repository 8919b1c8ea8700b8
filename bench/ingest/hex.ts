const DIGITS = Buffer.from('0123456789abcdef')

/** Eight digits. */
export function writeHex(bytes: Buffer, at: number, word: number): void {
  for (let digit = 7, rest = word; digit >= 0; digit--, rest >>>= 4) bytes[at + digit] = DIGITS[rest & 15]!
}
