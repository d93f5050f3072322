/** A variable of the environment that would take away a protection of the whole process, and what to do instead. */
interface Switch {
  readonly isOn: (env: Readonly<Record<string, string | undefined>>) => boolean
  readonly message: string
}

const switches: readonly Switch[] = [
  {
    isOn: (env) => env.NODE_TLS_REJECT_UNAUTHORIZED === '0',
    message:
      'NODE_TLS_REJECT_UNAUTHORIZED=0 is set, so no certificate would be verified: unset it, and name a private authority in `ca_file`',
  },
  {
    isOn: (env) => /(?:^|\s)--insecure-http-parser(?:\s|=|$)/.test(env.NODE_OPTIONS ?? ''),
    message: 'NODE_OPTIONS holds --insecure-http-parser, which lets requests be smuggled: take it out',
  },
  {
    isOn: (env) => /(?:^|\s)--tls-min-v1\.[01](?:\s|$)/.test(env.NODE_OPTIONS ?? ''),
    message: 'NODE_OPTIONS allows TLS before 1.2: take --tls-min-v1.0 or --tls-min-v1.1 out',
  },
]

/** Why the gateway must not start in this environment; empty when it may. */
export function switchFaults(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  return switches.filter(({ isOn }) => isOn(env)).map(({ message }) => message)
}
