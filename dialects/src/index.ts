// OTLP requests into columns of `spans`.
export type { Cut } from './columns/cuts.ts'
export { type Appended, SpanBlock } from './columns/span-block.ts'
// Native blocks.
export { layoutOf } from './native/block-layout.ts'
export { mergeBlocks } from './native/merge-blocks.ts'
export { giveBack, Scratch } from './native/scratch.ts'
export { sliceBlock } from './native/slice-block.ts'
export { protobufOfJson } from './otlp/json/request.ts'
// The wire format and its limits, for those who rewrite requests or write answers.
export { beginRequest, checkValueDepth, countMessages, DecodeError, OversizeError } from './otlp/limits.ts'
export { BYTES, FIXED64, int64Text, VARINT, WireReader } from './otlp/wire-reader.ts'
export { varint, WireWriter } from './otlp/wire-writer.ts'
// What tokens cost.
export { type Prices, readPrices } from './prices/prices.ts'
