export { cutText } from './cut-text.ts'
export {
  ExactJsonError,
  equalsExact,
  parseExact,
  prettyExact,
  requireExact,
  stringifyExact,
} from './exact-json.ts'
export { printed, printedLines } from './printed.ts'
export { shellWord } from './shell-word.ts'
export { decodeUtf8, isUtf16, Utf8Error } from './utf8.ts'
