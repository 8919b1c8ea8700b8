import { connect } from 'node:net'

/** Where a Valkey or Redis server listens. */
export interface Address {
  readonly host: string
  readonly port: number
  /** Of its default user; undefined: none is asked for. */
  readonly password: string | undefined
}

/**
 * Sends inline commands to a server and returns the raw answer to them, or undefined when nothing answers. `QUIT` is
 * added, so the answer ends when the server closes the connection.
 */
export function ask({ host, port, password }: Address, ...commands: string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    let answer = ''
    const request = `${authentication(password)}${[...commands, 'QUIT'].join('\r\n')}\r\n`
    const socket = connect(port, host, () => socket.write(request))
    socket.setTimeout(2000, () => socket.destroy())
    socket.setEncoding('utf8')
    socket.on('data', (data) => {
      answer += data
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(answer === '' ? undefined : answer))
  })
}

/** Of the default user, with the password where there is one. */
export function redisUrl({ host, port, password }: Address): string {
  const credentials = password === undefined ? '' : `default:${encodeURIComponent(password)}@`
  return `redis://${credentials}${host}:${port}`
}

/** True once the server has read its files: until then it answers LOADING. */
export async function answersPing(address: Address): Promise<boolean> {
  return /^\+PONG/m.test((await ask(address, 'PING')) ?? '')
}

/** As an array (valkey.io/topics/protocol), which takes a password of any characters. */
function authentication(password: string | undefined): string {
  if (password === undefined) return ''
  return `*2\r\n$4\r\nAUTH\r\n$${Buffer.byteLength(password)}\r\n${password}\r\n`
}
