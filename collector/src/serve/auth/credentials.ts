import { apiKeyId } from '@weir/store/keys'

/** What of a request's headers, or of a call's metadata, may hold a key. */
export interface CredentialHeaders {
  readonly authorization?: string | undefined
  readonly 'x-api-key'?: string | string[] | undefined
}

/** Some OpenTelemetry SDKs take OTEL_EXPORTER_OTLP_HEADERS as it is, without decoding the %20 that it has to have. */
const SCHEME = /^(bearer|basic)(?: +|%20)(\S+)$/i

/**
 * The text that a client sends as its key, wherever clients have it by default. A key of ours in `authorization` counts
 * first: what else is there may be for a proxy in between.
 *
 * - `authorization: Bearer <key>`: OpenTelemetry
 * - `authorization: Basic base64(<public key>:<key>)`: Langfuse, whose public key says nothing here
 * - `x-api-key: <key>`: LangSmith
 *
 * @returns undefined where none of these headers came
 */
export function keyOf({ authorization, 'x-api-key': apiKey }: CredentialHeaders): string | undefined {
  const authorised = authorization === undefined ? undefined : keyOfAuthorization(authorization)
  if (authorised !== undefined && apiKeyId(authorised) !== undefined) return authorised
  return apiKey?.toString() ?? authorised
}

/** Empty where there is no key in it. */
function keyOfAuthorization(authorization: string): string {
  const [, scheme = '', text = ''] = SCHEME.exec(authorization) ?? []
  return scheme.toLowerCase() === 'basic' ? passwordOf(text) : text
}

/** The password of base64(`user:password`), RFC 7617: a user has no colon. */
function passwordOf(credentials: string): string {
  // As above: `=` may come as it stands in the variable.
  const text = Buffer.from(credentials.replace(/%3D/gi, '='), 'base64').toString()
  const colon = text.indexOf(':')
  return colon < 0 ? '' : text.slice(colon + 1)
}
