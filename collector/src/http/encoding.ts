import { HttpError } from './http-error.ts'

/** How a request is written, and so its response. */
export type Encoding = 'protobuf' | 'json'

export const CONTENT_TYPE: Readonly<Record<Encoding, string>> = {
  protobuf: 'application/x-protobuf',
  json: 'application/json',
}

/** The encoding that a media type names; parameters and case do not matter. */
export function encodingOf(contentType: string | undefined): Encoding | undefined {
  const [type = ''] = (contentType ?? '').split(';')
  switch (type.trim().toLowerCase()) {
    case 'application/x-protobuf':
    case 'application/protobuf':
      return 'protobuf'
    case 'application/json':
      return 'json'
    default:
      return undefined
  }
}

/** True for gzip, false for no compression. @throws HttpError 415 for any other */
export function isGzip(contentEncoding: string | undefined): boolean {
  const coding = (contentEncoding ?? '').trim().toLowerCase()
  if (coding === 'gzip' || coding === 'x-gzip') return true
  if (coding === '' || coding === 'identity') return false
  throw new HttpError(415, `content-encoding ${coding} is not supported, expected gzip or none`)
}
