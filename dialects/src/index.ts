// OTLP requests into columns of `spans`.
export type { Cut } from './columns/cuts.ts'
export { type Appended, SpanBlock } from './columns/span-block.ts'
export { DecodeError } from './decode/decode-error.ts'
export { protobufOfJson } from './decode/json.ts'
// The wire format, for those who rewrite requests or write answers.
export { beginRequest, countMessages } from './decode/message-limit.ts'
export { OversizeError } from './decode/oversize-error.ts'
export { BYTES, FIXED64, int64Text, VARINT, WireReader } from './decode/wire.ts'
export { WireWriter } from './decode/wire-writer.ts'
// Native blocks.
export { layoutOf } from './native/block-layout.ts'
export { mergeBlocks } from './native/merge-blocks.ts'
export { giveBack, Scratch } from './native/scratch.ts'
export { sliceBlock } from './native/slice-block.ts'
