import type { DesiredService } from '../config/desired.ts'
import { listed } from '../kit/text.ts'
import type { ObservedDomain, ObservedService } from '../platform/observed-state.ts'
import type { Change, PlanNote } from './plan.ts'

/** A change before its cause is known. */
export type AttachmentDifference = Omit<Change, 'cause' | 'service'>

/** Compares what hangs on a service: its volume, its domains, and whether pushes deploy it. */
export function compareAttachments(
  desired: DesiredService,
  observed: ObservedService | undefined,
  autoDeploy: boolean | undefined,
): { differences: AttachmentDifference[]; notes: PlanNote[] } {
  const volume = compareVolume(desired, observed)
  const domain = compareDomain(desired, observed)
  return {
    differences: [...volume.differences, ...domain.differences, ...compareAutoDeploy(desired, autoDeploy)],
    notes: [...volume.notes, ...domain.notes],
  }
}

function compareVolume(
  desired: DesiredService,
  observed: ObservedService | undefined,
): { differences: AttachmentDifference[]; notes: PlanNote[] } {
  const wanted = desired.volume
  const found = observed?.volumes[0]
  if (wanted === undefined)
    return { differences: [], notes: found === undefined ? [] : [strangeVolume(desired, found)] }
  if (found === undefined) {
    return {
      differences: [
        {
          action: 'create',
          setting: 'volume',
          after: `${megabytes(wanted.sizeMB)} at ${wanted.mountPath}`,
          severity: 'safe',
          effect: 'downtime',
          act: { kind: 'create-volume', mountPath: wanted.mountPath },
        },
      ],
      notes: [],
    }
  }
  const differences: AttachmentDifference[] = []
  const notes: PlanNote[] = []
  if (found.mountPath !== wanted.mountPath) {
    differences.push({
      action: 'update',
      setting: 'volume',
      before: found.mountPath,
      after: wanted.mountPath,
      severity: 'risky',
      effect: 'downtime',
      act: { kind: 'mount-volume', mountPath: wanted.mountPath },
    })
  }
  if (found.sizeMB < wanted.sizeMB) {
    differences.push({
      action: 'update',
      setting: 'volume-size',
      before: megabytes(found.sizeMB),
      after: megabytes(wanted.sizeMB),
      severity: 'safe',
      effect: 'none',
      act: { kind: 'resize-volume', sizeMB: wanted.sizeMB },
    })
  } else if (found.sizeMB > wanted.sizeMB) {
    notes.push({
      code: 'larger-volume',
      service: desired.name,
      message: `Its volume has ${megabytes(found.sizeMB)}, the config asks for at least ${megabytes(wanted.sizeMB)}.`,
    })
  }
  return { differences, notes }
}

/** Nothing is detached because the config no longer speaks of it: what is on a volume cannot be made again. */
function strangeVolume({ name }: DesiredService, { sizeMB, mountPath }: ObservedService['volumes'][number]): PlanNote {
  return {
    code: 'unmanaged-volume',
    service: name,
    message: `Its volume of ${megabytes(sizeMB)} at ${mountPath} is not in the config: left alone, with everything on it.`,
  }
}

/**
 * One generated domain has to lead to the wanted port; others that somebody made beside it are theirs. Where several are there and
 * none leads to it, which one is meant would be a guess.
 */
function compareDomain(
  desired: DesiredService,
  observed: ObservedService | undefined,
): { differences: AttachmentDifference[]; notes: PlanNote[] } {
  const wanted = desired.domain
  if (wanted === undefined) return { differences: [], notes: [] }
  const differences: AttachmentDifference[] = []
  const generated = observed?.domains.filter((domain) => domain.kind === 'generated') ?? []
  if (generated.length === 0) {
    differences.push({
      action: 'create',
      setting: 'domain',
      after: `a generated one, to port ${wanted.targetPort}`,
      severity: 'safe',
      effect: 'none',
      act: { kind: 'create-domain', targetPort: wanted.targetPort },
    })
  }
  if (wanted.custom !== undefined && !observed?.domains.some((domain) => domain.domain === wanted.custom)) {
    differences.push({
      action: 'create',
      setting: 'domain',
      after: `${wanted.custom}, to port ${wanted.targetPort}`,
      severity: 'safe',
      effect: 'none',
      act: { kind: 'create-domain', targetPort: wanted.targetPort, custom: wanted.custom },
    })
  }
  for (const domain of observed?.domains ?? []) {
    const isOurs = domain.kind === 'generated' ? generated.length === 1 : domain.domain === wanted.custom
    if (!isOurs || domain.targetPort === wanted.targetPort) continue
    differences.push({
      action: 'update',
      setting: 'domain-port',
      ...(domain.targetPort === undefined ? {} : { before: `${domain.domain} to port ${domain.targetPort}` }),
      after: `${domain.domain} to port ${wanted.targetPort}`,
      severity: 'risky',
      effect: 'none',
      act: {
        kind: 'set-domain-port',
        domain: domain.domain,
        domainKind: domain.kind,
        targetPort: wanted.targetPort,
      },
    })
  }
  const isUnclear = generated.length > 1 && !generated.some((domain) => domain.targetPort === wanted.targetPort)
  return { differences, notes: isUnclear ? [unclearDomain(desired.name, generated, wanted.targetPort)] : [] }
}

function unclearDomain(service: string, generated: readonly ObservedDomain[], port: number): PlanNote {
  return {
    code: 'unclear-domain',
    service,
    message: `None of its generated domains leads to port ${port}, and which one is meant would be a guess: ${listed(generated.map(({ domain }) => domain))}. Lead one of them to ${port} in the dashboard, or delete all but one there.`,
  }
}

function compareAutoDeploy(desired: DesiredService, observed: boolean | undefined): AttachmentDifference[] {
  if (desired.autoDeploy === undefined || desired.autoDeploy === (observed ?? false)) return []
  return [
    {
      action: 'update',
      setting: 'auto-deploy',
      before: observed ? 'on' : 'off',
      after: desired.autoDeploy ? 'on' : 'off',
      severity: desired.autoDeploy ? 'risky' : 'safe',
      effect: 'none',
      act: { kind: 'set-auto-deploy', enabled: desired.autoDeploy },
    },
  ]
}

function megabytes(amount: number): string {
  return amount % 1024 === 0 ? `${amount / 1024} GB` : `${amount} MB`
}
