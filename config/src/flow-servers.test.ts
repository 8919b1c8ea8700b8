import { expect, test } from 'vitest'
import { readVariables } from './read-variables.ts'

const read = (servers: string, keys = '') =>
  readVariables('dashboard', { WEIR_FLOW_SERVERS: servers, WEIR_FLOW_SERVER_KEYS: keys })

test('servers of flows are base URLs, and keys belong to one each', () => {
  const { flowServers, flowServerKeys } = read(
    'http://127.0.0.1:3400/, https://flows.example/api,http://127.0.0.1:3400',
    'https://flows.example/api/=a=b',
  )
  expect(flowServers).toEqual(['http://127.0.0.1:3400', 'https://flows.example/api'])
  expect([...flowServerKeys]).toEqual([['https://flows.example/api', 'a=b']])
  expect(read('').flowServers).toEqual([])
})

test.each(['127.0.0.1:3400', 'ftp://a', 'http://a?key=b', 'http://a#b'])('%s is no base URL', (url) => {
  expect(() => read(url)).toThrow(/^WEIR_FLOW_SERVERS is .*, expected http/)
})

test('messages repeat neither keys nor passwords', () => {
  for (const [servers, keys] of [
    ['http://user:hunter2@a', ''],
    ['http://a', 'hunter2'],
    ['http://a', 'http://b=hunter2'],
    ['http://a', 'http://a=hunter2…'],
    ['http://a', 'http://a=hunter2\u0007'],
  ] as const) {
    let message = ''
    try {
      read(servers, keys)
    } catch (error) {
      message = (error as Error).message
    }
    expect(message).toContain('WEIR_FLOW_SERVER')
    expect(message).not.toContain('hunter2')
  }
})
