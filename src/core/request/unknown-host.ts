import type { Origin } from '../gateway.ts'

/** More is cut: whoever asks has written it. */
const shownCharacters = 100

/**
 * For the log: a Host that no app has, and the `url` that is nearest to it. `host` has been read by `readHost`, so it
 * has nothing but what a host may have. Takes as long as all hosts together are, as anybody may ask.
 */
export function describeUnknownHost(
  hosts: ReadonlyMap<string, Pick<Origin, 'origin'>>,
  host: string,
): string {
  const shown = host.length <= shownCharacters ? host : `${host.slice(0, shownCharacters)}…`
  let nearest: string | null = null
  let most = -1
  for (const [known, { origin }] of hosts) {
    const common = likeness(known, host)
    if (common <= most) continue
    nearest = origin
    most = common
  }
  const near = nearest === null ? 'the file has no app' : `the nearest \`url\` is ${nearest}`
  return `the Host is "${shown}", and ${near}; what stands in front must pass Host on as it is`
}

/** How many characters two hosts share at their beginning and at their end: `wikki.example` and `wiki.example` 12. */
function likeness(one: string, other: string): number {
  const most = Math.min(one.length, other.length)
  let first = 0
  while (first < most && one[first] === other[first]) first += 1
  let last = 0
  while (last < most - first && one.at(-1 - last) === other.at(-1 - last)) last += 1
  return first + last
}
