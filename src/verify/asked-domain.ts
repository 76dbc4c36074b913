import type { ObservedService } from '../platform/observed-state.ts'

/** The generated domain to ask over; one that somebody made for another port says nothing about the service. */
export function askedDomain(observed: ObservedService | undefined, targetPort: number | undefined): string | undefined {
  const generated = observed?.domains.filter((candidate) => candidate.kind === 'generated')
  const wanted = generated?.find((candidate) => candidate.targetPort === targetPort)
  return (wanted ?? generated?.[0])?.domain
}
