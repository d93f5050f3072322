import { isSecretive } from './reading/secretive.ts'
import type { Directive } from './reading/tree.ts'

/** A directive as the report shows it: values that may be secret are left out. */
export function told({ name, key, rest }: Pick<Directive, 'name' | 'key' | 'rest'>): string {
  if (isSecretive(key)) return `${name} …`
  if (key === 'requestheader' && !rest.includes('%{')) {
    return `${name} ${rest.split(/\s+/).slice(0, 2).join(' ')}${/^\s*\S+\s+\S+\s+\S/.test(rest) ? ' …' : ''}`
  }
  return `${name} ${rest}`.replaceAll(/:\/\/[^/@\s]+@/g, '://…@').trim()
}
