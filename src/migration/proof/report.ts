import type { JudgedRequest } from '../finding.ts'
import type { Disagreement, Proof } from './prove.ts'

/** The proof for people: what was asked, and every kind of request that is answered differently. */
export function proofText(proof: Proof): string {
  const { requests, paths, disagreements, notJudged } = proof
  const silent = disagreements.filter(({ announcedBy }) => announcedBy === null)
  const told = disagreements.filter(({ announcedBy }) => announcedBy !== null)
  const head = `Proof: ${requests} requests at ${paths} paths were put to a model of httpd and to the gateway.`
  const lines = [
    head,
    ...silent.map((one) => `  UNANNOUNCED ${lineOf(one)}`),
    ...told.map((one) => `  announced by [${one.announcedBy?.id}] ${placeOf(one)}: ${lineOf(one)}`),
    ...notJudged.map((text) => `  not judged: ${text}`),
    ending(requests, silent.length),
  ]
  return `${lines.join('\n')}\n`
}

function ending(requests: number, silent: number): string {
  if (requests === 0) return 'Nothing was judged, so nothing is shown: this is no proof.'
  return silent === 0
    ? 'Every difference was announced above.'
    : `${silent} kinds of requests are answered differently, and no finding told so.`
}

function placeOf({ announcedBy }: Disagreement): string {
  const at = announcedBy?.at
  return at === null || at === undefined ? '' : `${at.file}:${at.line}`
}

function lineOf({ apache, gateway, reason, example, count }: Disagreement): string {
  const more = count === 1 ? '' : ` (and ${count - 1} more)`
  return `httpd ${apache}, gateway ${gateway} (${reason}): ${requestText(example)}${more}`
}

function requestText({ method, path, claims, clientAddress, byToken }: JudgedRequest): string {
  const who = claims === null ? 'nobody' : JSON.stringify(claims)
  return `${method} ${path} from ${clientAddress} as ${who}${byToken === true ? ' by a token' : ''}`
}

/** The same for programs. */
export function proofJson({ requests, paths, disagreements, notJudged }: Proof) {
  return {
    requests,
    paths,
    not_judged: notJudged,
    disagreements: disagreements.map(({ announcedBy, apache, gateway, reason, example, count }) => ({
      announced_by:
        announcedBy === null
          ? null
          : { id: announcedBy.id, file: announcedBy.at?.file ?? null, line: announcedBy.at?.line ?? null },
      apache,
      gateway,
      reason,
      count,
      example: {
        method: example.method,
        path: example.path,
        client_ip: example.clientAddress,
        claims: example.claims,
        credential: example.byToken === true ? 'bearer' : 'session',
      },
    })),
  }
}
