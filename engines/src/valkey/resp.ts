import { connect } from 'node:net'

/**
 * Sends inline commands to a Valkey or Redis server and returns the raw answer to them, or undefined when nothing
 * answers. `QUIT` is added, so the answer ends when the server closes the connection.
 */
export function ask(host: string, port: number, ...commands: string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    let answer = ''
    const socket = connect(port, host, () => socket.write(`${[...commands, 'QUIT'].join('\r\n')}\r\n`))
    socket.setTimeout(2000, () => socket.destroy())
    socket.setEncoding('utf8')
    socket.on('data', (data) => {
      answer += data
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(answer === '' ? undefined : answer))
  })
}
