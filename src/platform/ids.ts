/** Ids are strings that must not be mixed up. Only the platform's side makes them. */
export type Id<Of extends string> = string & { readonly idOf: Of }

export type WorkspaceId = Id<'workspace'>
export type ProjectId = Id<'project'>
export type EnvironmentId = Id<'environment'>
export type ServiceId = Id<'service'>
export type VolumeId = Id<'volume'>
/** Of a volume in one environment. */
export type VolumeInstanceId = Id<'volume-instance'>
export type BackupId = Id<'backup'>
export type WorkflowId = Id<'workflow'>
export type DeploymentId = Id<'deployment'>
export type TriggerId = Id<'trigger'>
export type PatchId = Id<'patch'>

/** Marks a string that came from the platform, or from an option that names one of its ids. */
export function id<Of extends string>(text: string): Id<Of> {
  return text as Id<Of>
}
