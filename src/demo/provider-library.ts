import type { IncomingMessage, ServerResponse } from 'node:http'
import { errorCode } from '../core/error-code.ts'

/**
 * The part of oidc-provider that the demo uses, written down here: the package brings no types, and it is
 * installed in a checkout and in the demo image alone.
 */
export interface ProviderLibrary {
  readonly default: new (issuer: string, configuration: object) => ProviderInstance
}

export interface ProviderInstance {
  readonly Grant: new (of: {
    accountId: string
    clientId: string
  }) => {
    addOIDCScope(scope: string): void
    addResourceScope(resource: string, scope: string): void
    save(): Promise<string>
  }
  callback(): (request: IncomingMessage, response: ServerResponse) => void
  interactionDetails(request: IncomingMessage, response: ServerResponse): Promise<{ readonly uid: string }>
  interactionFinished(
    request: IncomingMessage,
    response: ServerResponse,
    result: { readonly login: { readonly accountId: string } },
    options: { readonly mergeWithLastSubmission: false },
  ): Promise<void>
}

/** What hooks of the library are called with. */
export interface LoginContext {
  type: string
  body: string
  readonly oidc: {
    readonly session?: { readonly accountId?: string }
    readonly client?: { readonly clientId: string }
    readonly provider: ProviderInstance
  }
}

/** The library, or null where it is not installed. Loaded by name at run time, so that nothing else needs it. */
export async function loadProviderLibrary(): Promise<ProviderLibrary | null> {
  const name = 'oidc-provider'
  try {
    const found: unknown = await withoutNotices(() => import(name))
    return isLibrary(found) ? found : null
  } catch (error) {
    if (errorCode(error) === 'ERR_MODULE_NOT_FOUND') return null
    throw error
  }
}

function isLibrary(found: unknown): found is ProviderLibrary {
  return (
    typeof found === 'object' && found !== null && 'default' in found && typeof found.default === 'function'
  )
}

/**
 * The library warns that its memory-only store forgets and that it was made for other Node releases. Both are as
 * the demo wants them, and would push what the demo says off the screen.
 */
export function withoutNotices<T>(run: () => T): T {
  const { warn, info } = console
  const quiet =
    (print: (...args: unknown[]) => void) =>
    (...args: unknown[]): void => {
      if (!String(args[0]).includes('oidc-provider ')) print(...args)
    }
  const restore = (): void => void Object.assign(console, { warn, info })
  Object.assign(console, { warn: quiet(warn), info: quiet(info) })
  const result = run()
  if (result instanceof Promise) void result.finally(restore).catch(() => {})
  else restore()
  return result
}
