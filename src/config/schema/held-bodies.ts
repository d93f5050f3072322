import { size } from './values.ts'

/** The keys of `aws` at the top. */
export const awsKeys = {
  held_bodies: size
    .prefault('256MiB')
    .describe(
      'How much of request bodies the gateway holds at once for apps that take a body only as a whole: with `sign: execute-api` or `sign: lambda`, and functions. What came of a body is held from then until the app’s answer has ended. One client network may hold an eighth of it, or one body of `max_body` where that is more. Beyond it the answer is 503. It is divided among `workers`, each of which may hold one such body at least: with many of them that can be more in all.',
    ),
}
