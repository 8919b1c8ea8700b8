/** How a request is written, and so its response. */
export type Encoding = 'protobuf' | 'json'

export const CONTENT_TYPE: Readonly<Record<Encoding, string>> = {
  protobuf: 'application/x-protobuf',
  json: 'application/json',
}

/** The encoding that a media type names; parameters and case do not matter. */
export function encodingOf(contentType: string | undefined): Encoding | undefined {
  if (contentType === CONTENT_TYPE.protobuf) return 'protobuf'
  if (contentType === CONTENT_TYPE.json) return 'json'
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
