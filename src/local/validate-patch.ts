import type { EnvironmentConfig } from '../contract/environment-config.ts'
import { isRecord } from '../kit/json.ts'
import type { Environment } from './model.ts'
import type { PlatformModel } from './platform-model.ts'
import { recordOf } from './records.ts'

/** Why a patch cannot be applied; undefined when it can. `next` is what the settings would then be. */
export function validatePatch(
  model: PlatformModel,
  environment: Environment,
  patch: EnvironmentConfig,
  next: EnvironmentConfig,
): string | undefined {
  return (
    wrongShape(patch) ??
    unknownService(environment, patch) ??
    unknownVolume(environment, patch) ??
    shrunkVolume(environment, next) ??
    wrongMount(environment, next) ??
    takenDomain(model, environment, next)
  )
}

function wrongShape(patch: EnvironmentConfig): string | undefined {
  for (const kind of ['services', 'volumes', 'sharedVariables']) {
    const entries = patch[kind]
    if (entries === undefined) continue
    if (!isRecord(entries)) return `${kind} must be an object`
    for (const [key, entry] of Object.entries(entries)) {
      if (entry !== null && !isRecord(entry)) return `${kind}.${key} must be an object or null`
    }
  }
  const maps = [patch.sharedVariables, ...Object.values(patch.services ?? {}).map((service) => service?.variables)]
  for (const [name, entry] of maps.flatMap((variables) => Object.entries(recordOf(variables)))) {
    const value = isRecord(entry) ? (entry.value ?? '') : entry
    if (value !== null && (!isRecord(entry) || typeof value !== 'string'))
      return `The variable ${name} has no text as its value`
  }
  return undefined
}

function unknownService(environment: Environment, patch: EnvironmentConfig): string | undefined {
  for (const [id, service] of Object.entries(patch.services ?? {})) {
    if (service == null || service.isDeleted === true || environment.instances.has(id)) continue
    if (!environment.project.services.has(id)) return `The project has no service ${id}`
    if (service.isCreated !== true) return `The service ${id} has no instance in this environment`
  }
  return undefined
}

function unknownVolume(environment: Environment, patch: EnvironmentConfig): string | undefined {
  for (const [id, volume] of Object.entries(patch.volumes ?? {})) {
    if (volume == null || volume.isDeleted === true || environment.volumeInstances.has(id)) continue
    if (!environment.project.volumes.has(id)) return `The project has no volume ${id}`
    if (volume.isCreated !== true) return `The volume ${id} has no instance in this environment`
  }
  return undefined
}

function shrunkVolume(environment: Environment, next: EnvironmentConfig): string | undefined {
  for (const { volumeId, sizeMB } of environment.volumeInstances.values()) {
    const size = next.volumes?.[volumeId]?.sizeMB
    if (size !== undefined && size < sizeMB)
      return `The volume ${volumeId} has ${sizeMB} MB and cannot shrink to ${size} MB`
  }
  return undefined
}

function wrongMount(environment: Environment, next: EnvironmentConfig): string | undefined {
  const mounted = new Set<string>()
  for (const [id, service] of Object.entries(next.services ?? {})) {
    const volumes = Object.keys(service?.volumeMounts ?? {})
    if (volumes.length > 1) return `The service ${id} would have more than one volume`
    for (const volume of volumes) {
      if (!environment.project.volumes.has(volume)) return `The project has no volume ${volume}`
      if (next.volumes?.[volume] == null) return `The volume ${volume} has no instance in this environment`
      if (mounted.has(volume)) return `The volume ${volume} would be mounted twice`
      mounted.add(volume)
    }
  }
  return undefined
}

function takenDomain(model: PlatformModel, environment: Environment, next: EnvironmentConfig): string | undefined {
  const elsewhere = Array.from(model.environments())
    .filter((other) => other !== environment)
    .flatMap((other) =>
      Array.from(other.instances.values()).flatMap(({ domains }) => domains.map(({ domain }) => domain)),
    )
  const taken = new Set(elsewhere)
  for (const service of Object.values(next.services ?? {})) {
    const { serviceDomains, customDomains } = service?.networking ?? {}
    for (const domain of [...Object.keys(serviceDomains ?? {}), ...Object.keys(customDomains ?? {})]) {
      if (taken.has(domain)) return `The domain ${domain} is in use`
      taken.add(domain)
    }
  }
  return undefined
}
