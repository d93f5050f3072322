import type { ListenerList, ListenSettings } from '../../core/gateway.ts'
import { fileText, secretText } from './digest.ts'

/**
 * Where requests are taken, and by which certificates. Of several each has its number behind the first.
 */
export function listenerFacts(listeners: ListenerList): Readonly<Record<string, string | null>> {
  const facts = listeners.map((one, index) => factsOf(one, index === 0 ? 'listen' : `listen[${index}]`))
  return Object.assign({ 'places of listen': String(listeners.length) }, ...facts)
}

function factsOf(listen: ListenSettings, key: string): Readonly<Record<string, string | null>> {
  return {
    // Where a server is on the network differs from place to place; by a socket it has other clients.
    [key]: listen.socketPath && `unix:${listen.socketPath}`,
    [`${key}.mode`]: listen.mode === null ? null : `0${listen.mode.toString(8)}`,
    [`${key}.tls`]: certificatesText(listen.tls),
    [`${key}.client_ca`]: listen.clientCa && fileText(listen.clientCa),
    [`${key}.client_certificates`]: listen.asksCertificates ? 'ask' : null,
  }
}

/** Null: none. */
export function certificatesText(tls: ListenSettings['tls']): string | null {
  return tls.map(({ certificate, key }) => `${fileText(certificate)} ${secretText(key)}`).join(', ') || null
}
