import { join } from 'node:path'
import { createHttpClient } from '../../kit/http.ts'
import type { RehearsalAddress } from '../../kit/rehearsal-address.ts'
import { announcedAddress, rehearsalAddressFile } from '../access.ts'
import type { Context } from '../context.ts'

/** The rehearsal platform that says it runs; undefined when none does. It may be gone all the same. */
export function announcedRehearsal(context: Context): Promise<RehearsalAddress | undefined> {
  return announcedAddress(context.files, join(context.stateDirectory, rehearsalAddressFile))
}

/** Asks a running platform's control route; undefined when nothing of the kind answers there. */
export async function askControl(
  context: Context,
  address: RehearsalAddress,
  method: 'GET' | 'POST',
  route: 'state' | 'stop',
): Promise<number | undefined> {
  const http = createHttpClient({ clock: context.clock, userAgent: `fakturino/${context.version}` })
  try {
    const answer = await http.exchange({
      url: new URL(`/control/${route}`, address.endpoint).href,
      method,
      headers: { authorization: `Bearer ${address.controlToken}` },
      wholeMs: 5_000,
    })
    return answer.status < 400 ? answer.status : undefined
  } catch {
    return undefined
  } finally {
    http.close()
  }
}
