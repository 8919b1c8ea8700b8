import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** @type {import('next').NextConfig} */
export default {
  turbopack: { root },
  outputFileTracingRoot: root,
  poweredByHeader: false,
  reactStrictMode: true,
  // The store reads its migrations beside its own files and keeps sockets open: it is loaded, not bundled.
  serverExternalPackages: ['@weir/config', '@weir/store', '@clickhouse/client'],
  agentRules: false,
  // Pages are rendered per request; there is nothing to keep between them.
  cacheMaxMemorySize: 0,
  experimental: {
    preloadEntriesOnStart: false,
    serverSourceMaps: false,
    // They guard a cache in front, of which there is none, and `weir dashboard` drops a header that is too long for Next.
    validateRSCRequestHeaders: false,
  },
  headers: async () => [
    {
      source: '/:path*',
      headers: [
        { key: 'X-Content-Type-Options', value: 'nosniff' },
        { key: 'X-Frame-Options', value: 'DENY' },
        { key: 'Referrer-Policy', value: 'no-referrer' },
        { key: 'Cross-Origin-Opener-Policy', value: 'same-origin' },
        { key: 'Permissions-Policy', value: 'camera=(), microphone=(), geolocation=()' },
      ],
    },
  ],
}
