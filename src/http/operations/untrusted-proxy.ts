import type { Admission } from '../admission/admission.ts'
import type { Log } from './log.ts'

/**
 * Says once for each start of the process that a proxy of this machine or of a private network is not trusted: all its
 * clients have its address, so that rules about addresses, limits by network and the log cannot tell them apart.
 */
export function noteUntrustedProxy(log: Log): (admission: Admission) => void {
  let said = false
  return ({ network, clientAddress }) => {
    if (said || !network.hidden || clientAddress === null) return
    said = true
    log.event('warn', 'proxy.untrusted', {
      peer: clientAddress,
      warning: `trusted_proxies: ${clientAddress} sends X-Forwarded-For and is not in the list, so that its clients cannot be told apart and limits by network count a hundredfold. If it is your load balancer, add it; if it is a client, nothing is to be done`,
    })
  }
}
