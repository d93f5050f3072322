import type { AwsSettings } from '../../core/aws-settings.ts'
import { signatureBytes, someKeyId } from '../../core/headers/aws-budget.ts'
import { limits } from '../../core/limits/table.ts'
import type { UpstreamExchange, UpstreamRequest, UpstreamSink } from '../../core/ports.ts'
import type { UpstreamSettings } from '../../core/upstream-settings.ts'
import type { Timing } from '../timing.ts'
import type { CredentialSources } from './credentials.ts'
import { SignedExchange, type Signing } from './signed-exchange.ts'

/** Signs requests of one edition. */
export interface Signer {
  /** Sends one to an upstream with `aws`. */
  request(request: UpstreamRequest, sink: UpstreamSink): UpstreamExchange
  /** See `Upstreams`. */
  headerBytes(upstream: UpstreamSettings): number
  prepare(upstreams: readonly UpstreamSettings[]): void
}

/** `send`: by which signed requests go out, as any others. */
export function createSigner(
  sources: CredentialSources,
  timing: Timing,
  send: (request: UpstreamRequest, sink: UpstreamSink) => UpstreamExchange,
): Signer {
  const known = new WeakMap<AwsSettings, Signing>()

  function signingOf(aws: AwsSettings): Signing {
    const found = known.get(aws)
    if (found !== undefined) return found
    const { service, region, credentials } = aws
    const signing = { service, region, source: sources.of(credentials), timing, send }
    known.set(aws, signing)
    return signing
  }

  return {
    request(request, sink) {
      const { aws } = request.upstream
      if (aws === null) throw new Error('a request to be signed has nothing to be signed by')
      const exchange = new SignedExchange(request, signingOf(aws), sink)
      exchange.start()
      return exchange
    },
    // What goes to a function is no header of the app's.
    headerBytes: ({ aws, lambda }) => (aws === null || lambda !== null ? 0 : bytesOf(signingOf(aws))),
    prepare(upstreams) {
      for (const { aws } of upstreams) {
        const source = aws === null ? null : signingOf(aws).source
        // What came of it is in the log, and whoever asks first hears it.
        if (source !== null && source.current() === null) source.load().catch(() => {})
      }
    },
  }
}

/** Name, colon, space, value and the end of each line that `signatureLines` adds. */
function bytesOf({ service, region, source }: Signing): number {
  const credentials = source.current()
  if (credentials === null) return signatureBytes({ service, region }, someKeyId.length, limits.awsTokenBytes)
  const { accessKeyId, sessionToken } = credentials
  return signatureBytes({ service, region }, accessKeyId.length, sessionToken?.length ?? 0)
}
