import type { UpstreamRequest, UpstreamUpgrade } from '../core/ports.ts'

export function openSocket(_request: UpstreamRequest): Promise<UpstreamUpgrade> {
  return Promise.reject(new Error('not yet'))
}
