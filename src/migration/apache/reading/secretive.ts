const secretive =
  /secret|passphrase|password|sharedkeys|outgoingproxy|bearertoken|endpointparams|privatekey|proxyauth/

/** Whether what a directive says may be a secret, by its name in lower case. */
export function isSecretive(key: string): boolean {
  return secretive.test(key)
}
