import { isIP } from 'node:net'
import { connect } from 'node:tls'
import { errorCode, isCertificateCode } from '../core/error-code.ts'
import type { UpstreamSettings } from '../core/gateway.ts'
import { limits } from '../core/limits/table.ts'
import type { Timing } from './timing.ts'

/**
 * Whether an upstream that the file calls http speaks TLS. Servers that are sent http there mostly close the connection
 * without a byte, as one that crashed would, so that only asking tells. A handshake is begun and given up: no request,
 * no header and no secret is sent. Asked once at a time, and not again within a minute; never rejects.
 */
export class TlsProbe {
  readonly #timing: Timing
  #asked: { readonly atMs: number; readonly answer: Promise<boolean> } | null = null

  constructor(timing: Timing) {
    this.#timing = timing
  }

  speaksTls(upstream: Pick<UpstreamSettings, 'hostname' | 'port' | 'socketPath'>): Promise<boolean> {
    const nowMs = this.#timing.nowMs()
    if (this.#asked === null || nowMs - this.#asked.atMs >= limits.tlsProbePauseMs)
      this.#asked = { atMs: nowMs, answer: ask(upstream, this.#timing) }
    return this.#asked.answer
  }
}

function ask(
  { hostname, port, socketPath }: Pick<UpstreamSettings, 'hostname' | 'port' | 'socketPath'>,
  timing: Timing,
): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({
      ...(socketPath === null ? { host: hostname, port } : { path: socketPath }),
      ...(isIP(hostname) === 0 ? { servername: hostname } : {}),
      rejectUnauthorized: true,
    })
    const settle = (speaks: boolean): void => {
      stopTimer()
      resolve(speaks)
      socket.destroy()
    }
    const stopTimer = timing.after(limits.tlsProbeMs, () => settle(false))
    socket.once('secureConnect', () => settle(true))
    // A certificate that is not accepted, and an alert, are TLS as well.
    socket.on('error', (error) => {
      const code = errorCode(error) ?? ''
      settle(isCertificateCode(code) || code.includes('_ALERT_'))
    })
  })
}
