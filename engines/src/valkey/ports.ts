import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { PortInUseError } from '../errors.ts'

/** The port itself when nothing listens on it, a free one for 0. */
export async function freePort(host: string, port: number): Promise<number> {
  const probe = createServer()
  probe.listen({ host, port, exclusive: true })
  try {
    await once(probe, 'listening')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EADDRINUSE')
      throw new PortInUseError(host, port, { cause })
    throw cause
  }
  const found = (probe.address() as AddressInfo).port
  probe.close()
  await once(probe, 'close')
  return found
}
