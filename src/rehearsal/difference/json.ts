import type { AccessChange, Group } from '../access.ts'
import { wayLine } from '../who/words.ts'
import type { Difference } from './difference.ts'
import { isChanged } from './text.ts'

/** A difference for programs. */
export function differenceJson(difference: Difference): string {
  const { access, settings, unsure, requests } = difference
  const answer = {
    changed: isChanged(difference),
    access: access.map(({ places, change }) => ({ places, ...changeJson(change) })),
    settings,
    unsure,
    requests,
  }
  return `${JSON.stringify(answer, null, 2)}\n`
}

function changeJson({ lost, gained, stranger, refusal, now, accepted }: AccessChange) {
  const group = ({ way, example }: Group) => ({
    who: way === null ? null : wayLine(way, accepted),
    example: example && {
      method: example.asked.method,
      url: example.asked.url,
      person: example.asked.person,
      client_ip: example.asked.clientAddress,
      before: example.before,
      after: example.after,
    },
  })
  return {
    lost: lost.map(group),
    gained: gained.map(group),
    not_signed_in: stranger && { before: stranger.before, after: stranger.after },
    refused: refusal && { before: refusal.before, after: refusal.after },
    now: now?.map((way) => wayLine(way, accepted)) ?? null,
  }
}
