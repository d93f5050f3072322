// What is remembered and what for: each map and set of what serves, with its bound. A new one fails here until somebody
// has said who can make it grow.
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { listSources, readSource } from '../measure/source.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const serving = ['core', 'http', 'runtime', 'oidc', 'store', 'upstream']

/** What began empty and is filled later. WeakMaps keep nothing alive; a set of words that stand there grows no more. */
const begun = /\bnew (?:Map|Set|LRUCache)(?:<.*>)?\((?:\)|\{)/g

const ofOneCall = 'lives as long as one call'
const ofConfiguration = 'keyed by the configuration'
const bounds: Readonly<Record<string, readonly string[]>> = {
  'core/certificate/client-chain.ts': [ofOneCall],
  'core/pairs.ts': [ofOneCall],
  'core/json-names.ts': [ofOneCall],
  'core/limits/failures.ts': [
    'limits.failedSignInNetworks, limits.failedLogoutNetworks, limits.failedCredentialNetworks',
  ],
  'core/limits/logout-checks.ts': ['limits.provenLogoutNetworks'],
  'core/limits/pair-guesses.ts': ['limits.guessedPairIds'],
  'core/limits/fair-queue.ts': [
    'limits.providerWaitingSignIns, limits.providerWaitingLogouts: as many networks as wait',
  ],
  'core/limits/held-bytes.ts': ['networks that hold a body: as many as connections, and aws.held_bodies'],
  'core/limits/remembered.ts': ['its bound is an argument: limits.remembered…'],
  'core/limits/use-count.ts': ['networks and sessions that hold a connection; the kernel bounds those'],
  'core/request/location-overlap.ts': [ofOneCall],
  'core/request/location.ts': [ofConfiguration],
  'core/rules/named-claims.ts': [ofConfiguration, ofConfiguration, ofConfiguration],
  'core/session/seal.ts': [ofConfiguration],
  'core/session/kept-claims.ts': [ofOneCall, ofOneCall],
  'core/session/authorization-wish.ts': ['is of nothing'],
  'core/session/transaction-cookie.ts': [ofOneCall],
  'http/operations/aws-credential-notes.ts': [ofConfiguration],
  'http/operations/certificates.ts': [
    'hosts of the configuration; what it names no more goes at the next look',
    'certificates of the configuration, and limits.shownCertificates of each of those hosts',
    ofOneCall,
  ],
  'http/operations/metric-samples.ts': [ofOneCall, ofOneCall],
  'http/operations/durations.ts': [ofConfiguration],
  'http/operations/provider-clock.ts': ['names of providers of the configuration'],
  'http/operations/exchange-notes.ts': [
    'names of providers of the configuration, and a closed list of cures',
  ],
  'http/operations/keys/rejected-keys.ts': ['limits.rejectedKeysTold'],
  'http/operations/renewal-notes.ts': ['names of providers of the configuration', 'limits.renewalWarnings'],
  'http/operations/refused-certificates.ts': ['the causes that there are'],
  'http/operations/sums.ts': [`${ofConfiguration}, reasons and status classes`],
  'http/pages/look.ts': [`${ofConfiguration}, by language`],
  'http/proxy/event-streams.ts': ['answers under way: as many as connections'],
  'http/server/own-front.ts': ['connections that are open; limits.networkConnections for each network'],
  'http/server/certified-connections.ts': ['connections that are open', 'one or two of a connection'],
  'http/sign-in/passed-parameters.ts': [ofOneCall],
  'http/websocket/open-websockets.ts': [
    'handshakes under way: as many as connections',
    'WebSockets that are open: as many as connections',
  ],
  'http/workers/answers-of-all.ts': [ofOneCall],
  'http/workers/cluster.ts': ['workers that live: limits.workers'],
  'http/workers/living-worker.ts': ['questions to a worker: one of each kind at a time, each with its time'],
  'http/workers/shared-events.ts': [`${ofConfiguration}, and one for all proxies`],
  'http/workers/worker-places.ts': ['limits.workers', 'limits.workers', 'limits.workers'],
  'http/workers/worker-serving.ts': ['hosts of the configuration'],
  'oidc/bearer/asked-tokens.ts': ['limits.providerTokenAsks and limits.providerWaitingTokenAsks together'],
  'oidc/bearer/remembered-tokens.ts': ['limits.rememberedTokens, limits.rememberedTokenBytes'],
  'oidc/bearer/told-tokens.ts': ['limits.toldTokens, limits.toldTokenBytes', 'limits.refusedTokens'],
  'oidc/inspection/inspection.ts': [ofOneCall, ofOneCall],
  'runtime/assertions.ts': ['limits.rememberedAssertions'],
  'runtime/cookie-sessions/ended.ts': ['limits.endedSessions'],
  'runtime/cookie-sessions/finder.ts': ['limits.openedCookies'],
  'runtime/cookie-sessions/marks.ts': ['limits.openedMarks'],
  'runtime/cookie-sessions/uses.ts': ['limits.usedSessions', 'sessions with a connection that is open'],
  'runtime/keys/key-finder.ts': ['limits.keyLookups'],
  'runtime/keys/key-uses.ts': ['limits.waitingKeyUses'],
  'runtime/keys/keys.ts': ['those who follow changes: parts of the process'],
  'runtime/keys/persons-keys.ts': ['limits.keyOwnersUnderWay', 'limits.keyOwnersUnderWay'],
  'runtime/keys/remembered-keys.ts': ['limits.cachedKeys', 'limits.unknownKeys'],
  'runtime/pairs/held-pairs.ts': ['limits.heldPairs, limits.heldPairBytes'],
  'runtime/pairs/right-pairs.ts': ['limits.rightPairs', 'limits.rightPairNetworks'],
  'runtime/pairs/pairs-of-provider.ts': [
    'limits.providerExchanges and limits.providerWaitingExchanges together, of known pairs as many again',
  ],
  'runtime/pairs/wrong-pairs.ts': ['limits.wrongPairs'],
  'runtime/renewals/flights.ts': ['limits.renewalsUnderWay'],
  'runtime/renewals/pauses.ts': ['limits.renewalPauses'],
  'runtime/renewals/revocations.ts': ['limits.revocationsUnderWay'],
  'runtime/session-endings.ts': ['sessions that are being ended: a request each', 'limits.refusedSignOuts'],
  'runtime/remembered-sessions.ts': ['limits.cachedSessions', 'sessions in it'],
  'runtime/session-loads.ts': ['sessions that are being asked for: as many as requests'],
  'runtime/credential-watch.ts': ['connections that a token or a key opened'],
  'runtime/session-watch.ts': ['sessions with a connection that is open', 'connections of a session'],
  'runtime/spent-states.ts': ['limits.awaitedOutcomes'],
  'store/keys/redis-key-uses.ts': [ofOneCall],
  'store/keys/redis-keys.ts': ['those who follow changes: parts of the process', ofOneCall, ofOneCall],
  'store/keys/sqlite-key-changes.ts': ['those who follow changes: parts of the process'],
  'store/keys/sqlite-key-writes.ts': [ofOneCall],
  'store/limits/rates.ts': ['lengths of windows of the configuration', 'limits.rateCounters'],
  'store/memory-forms.ts': ['limits.keptFormBytes', 'sessions of those', 'limits.keptFormsOfSession'],
  'store/memory-logouts.ts': ['limits.logoutMarks', 'persons of those', 'logouts of a person'],
  'store/memory-states.ts': ['limits.usedStates', 'those of them that came to something'],
  'store/memory-sessions.ts': ['limits.memoryStoreSessions', 'persons of those', 'sessions of a person'],
  'store/redis/changes.ts': ['those who follow changes: parts of the process'],
  'store/redis/cluster-map.ts': ['nodes of a cluster'],
  'store/redis/node-connections.ts': ['nodes of a cluster'],
  'store/redis/confirmation.ts': ['nodes of a cluster', 'nodes of a cluster'],
  'store/redis/ending.ts': [ofOneCall],
  'store/redis/renewals.ts': [ofOneCall],
  'store/redis/store.ts': [ofOneCall],
  'store/sqlite.ts': ['those who follow changes: parts of the process'],
  'store/touches.ts': ['limits.waitingTouches'],
  'upstream/agents.ts': [ofConfiguration, ofConfiguration, ofConfiguration],
  'upstream/aws/credentials.ts': [ofConfiguration],
  'upstream/aws/signature.ts': ['limits.signingKeys, of one set of credentials'],
  'upstream/lambda/answer-lines.ts': [ofOneCall],
  'core/authorizer.ts': [ofOneCall],
  'upstream/lambda/header-lines.ts': [ofOneCall],
  'upstream/pool.ts': ['upstream.max_connections', 'limits.upstreamWaitingRequests'],
}

t.test('every memory of what serves has a bound that somebody has named', async (t) => {
  const found = new Map<string, number>()
  for (const path of serving.flatMap((module) => listSources(root, `src/${module}`))) {
    const count = readSource(root, path).text.match(begun)?.length ?? 0
    if (count > 0) found.set(path.replace('src/', ''), count)
  }
  t.ok(found.size > 10, `${found.size} files with memories`)
  for (const [path, count] of found) {
    t.equal(bounds[path]?.length, count, `${path}: say here what bounds each of its maps and sets`)
  }
  for (const path of Object.keys(bounds)) t.ok(found.has(path), `${path} has none any more: take it out here`)
})
