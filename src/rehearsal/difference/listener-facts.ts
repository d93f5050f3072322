import type { ListenerList, ListenSettings } from '../../core/gateway.ts'
import { fileText, secretText } from './digest.ts'

/** Where requests are taken, and by which certificates. */
export function listenerFacts([listen]: ListenerList): Readonly<Record<string, string | null>> {
  return {
    // Where a server is on the network differs from place to place; by a socket it has other clients.
    listen: listen.socketPath && `unix:${listen.socketPath}`,
    'listen.mode': listen.mode === null ? null : `0${listen.mode.toString(8)}`,
    'listen.tls': certificatesText(listen.tls),
    'listen.client_ca': listen.clientCa && fileText(listen.clientCa),
  }
}

/** Null: none. */
export function certificatesText(tls: ListenSettings['tls']): string | null {
  return tls.map(({ certificate, key }) => `${fileText(certificate)} ${secretText(key)}`).join(', ') || null
}
