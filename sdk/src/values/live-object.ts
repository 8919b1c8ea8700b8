import { builtin } from '../platform.ts'

const { EventEmitter } = builtin('node:events') ?? {}

/** Own fields of an object that are looked at. */
const MAX_FIELDS = 100

/**
 * What an object is a part of, beside its data. Data is written; what is `live` (emitters, streams, sockets, servers, clients,
 * promises) is named only, and so is all of an HTTP message: its fields are secrets of the caller.
 */
export type Liveness = 'http' | 'live' | undefined

/** A rule of behaviour and not a list of products: Express, Koa, Fastify and Hono build theirs on what is known here. */
export function livenessOf(value: object): Liveness {
  if (EventEmitter !== undefined && value instanceof EventEmitter) return hasHeaders(value) ? 'http' : 'live'
  if (isPlain(value)) return undefined
  // Headers; Request, Response and Blob of the web, or of who copies them.
  if (can(value, 'getSetCookie')) return 'http'
  if (can(value, 'arrayBuffer')) return hasHeaders(value) ? 'http' : 'live'
  const live =
    can(value, 'addEventListener') ||
    can(value, 'getReader') ||
    can(value, 'then') ||
    can(value, Symbol.asyncIterator)
  return live ? 'live' : undefined
}

/** The same of what an instance holds in its fields: a request's wrapper is as much of a request. */
export function livenessOfFields(value: object): Liveness {
  if (isPlain(value)) return undefined
  let found: Liveness
  let fields = 0
  for (const key in value) {
    if (!Object.hasOwn(value, key)) continue
    if (++fields > MAX_FIELDS) break
    const liveness = livenessOfField(value as Record<string, unknown>, key)
    if (liveness === 'http') return 'http'
    found ??= liveness
  }
  return found
}

function livenessOfField(value: Record<string, unknown>, key: string): Liveness {
  try {
    const field = value[key]
    return typeof field === 'object' && field !== null ? livenessOf(field) : undefined
  } catch {
    return undefined
  }
}

/** `IncomingMessage POST /orders`: no query, whose values may be secrets. */
export function describeLive(name: string, value: object): string {
  const { method, originalUrl, url, path } = value as Record<string, unknown>
  const target = [originalUrl, url, path].find((text) => typeof text === 'string')
  if (typeof method !== 'string' || !/^[A-Z]{1,20}$/.test(method) || target === undefined) return `[${name}]`
  const pathname = URL.parse(String(target), 'http://x')?.pathname
  return pathname === undefined ? `[${name} ${method}]` : `[${name} ${method} ${pathname.slice(0, 200)}]`
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null || Array.isArray(value)
}

function can(value: object, method: string | symbol): boolean {
  return typeof (value as Record<string | symbol, unknown>)[method] === 'function'
}

function hasHeaders(value: object): boolean {
  return 'headers' in value || 'getHeaders' in value
}
