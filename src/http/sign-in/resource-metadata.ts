import { resourceMetadata } from '../../core/credential/protected-resource.ts'
import type { Admission } from '../admission/admission.ts'
import { type Answer, refusal } from '../pages/answer.ts'
import type { RequestContext } from '../server/context.ts'

/**
 * How an app is to be asked with access tokens (RFC 9728): for programs, and for scripts of any page, which may send a
 * header along (`MCP-Protocol-Version`) and then ask before.
 */
export function showResourceMetadata({ runtime }: RequestContext, admission: Admission): Answer {
  const { origin, target } = admission
  const address = origin?.resourceMetadata.find(({ path }) => path === target?.path)
  const app = origin?.apps.find(({ name }) => name === address?.app)
  if (app === undefined) return refusal(admission, 404, 'address-unknown')
  return {
    status: 200,
    headers: {
      ...openToAll,
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'public, max-age=300',
      'x-content-type-options': 'nosniff',
    },
    body: JSON.stringify(resourceMetadata(runtime.gateway, app)),
  }
}

/** Nothing there depends on who asks, and cookies are not sent along with `*`. */
const openToAll = { 'access-control-allow-origin': '*' }

/** The Fetch standard's preflight, for the same. */
export const resourceMetadataPreflight: Answer = {
  status: 204,
  headers: {
    ...openToAll,
    'access-control-allow-methods': 'GET',
    'access-control-allow-headers': '*',
    'access-control-max-age': '600',
    'cache-control': 'no-store',
  },
  body: '',
}
