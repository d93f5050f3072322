import { type Limit, MiB, of } from './limit.ts'

/** One connection of a client. */
export const connectionLimits = {
  silenceMs: of(
    'connection',
    30_000,
    'Without a byte before a request, for a TLS handshake, and for the header lines of a request; then it is closed, in header lines with 408.',
  ),
  idleBetweenRequestsMs: of('connection', 65_000, 'Idle between two requests; then it is closed.'),
  webSocketKeepAliveMs: of(
    'connection',
    30_000,
    'Silence of a WebSocket before TCP asks whether the peer is there.',
  ),
  webSocketClosingMs: of(
    'connection',
    2_000,
    'What is under way on a WebSocket that ends; then both sides are cut.',
  ),
  pipelinedRequests: of(
    'connection',
    16,
    'Requests that wait while one is served; with more the connection ends behind these.',
  ),
  pipelinedExcess: of('connection', 100, 'Requests beyond those; with more it is closed at once.'),
  droppedBodyBytes: of(
    'connection',
    32 * MiB,
    'What is read and dropped of a body that was refused, so that the refusal arrives; then it is closed.',
  ),
  droppedBodyMs: of('connection', 10_000, 'The time that this may take; then it is closed.'),
  answerHeadMs: of(
    'connection',
    100,
    'How long the head of an answer waits for its body, so that an app that fails between them is 502.',
  ),
  answerUnreadMs: of(
    'connection',
    60_000,
    'The end of an answer that the client does not take, without a byte of it going out; then it is closed.',
  ),
} as const satisfies Readonly<Record<string, Limit>>
