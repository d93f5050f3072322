import type { Directive } from './reading/tree.ts'

const secretive =
  /secret|passphrase|password|sharedkeys|outgoingproxy|bearertoken|endpointparams|privatekey|proxyauth/

/** A directive as the report shows it: values that may be secret are left out. */
export function told({ name, key, rest }: Pick<Directive, 'name' | 'key' | 'rest'>): string {
  if (secretive.test(key)) return `${name} …`
  if (key === 'requestheader' && !rest.includes('%{')) {
    return `${name} ${rest.split(/\s+/).slice(0, 2).join(' ')}${/^\s*\S+\s+\S+\s+\S/.test(rest) ? ' …' : ''}`
  }
  return `${name} ${rest}`.replaceAll(/:\/\/[^/@\s]+@/g, '://…@').trim()
}
