/**
 * The keys that systemd reads in the sections of a service unit: what `systemd --dump-configuration-items` of 252 and of
 * 262 print, with the old names that are still read.
 */
const KEYS: Record<string, ReadonlySet<string>> = {
  Unit: words(`
    After AllowIsolate AssertACPower AssertArchitecture AssertCPUFeature AssertCPUPressure AssertCPUs
    AssertCapability AssertControlGroupController AssertCredential AssertDirectoryNotEmpty
    AssertEnvironment AssertFileIsExecutable AssertFileNotEmpty AssertFirstBoot AssertFraction
    AssertGroup AssertHost AssertIOPressure AssertKernelCommandLine AssertKernelModuleLoaded
    AssertKernelVersion AssertMachineTag AssertMemory AssertMemoryPressure AssertNeedsUpdate
    AssertOSRelease AssertPathExists AssertPathExistsGlob AssertPathIsDirectory AssertPathIsEncrypted
    AssertPathIsMountPoint AssertPathIsReadWrite AssertPathIsSocket AssertPathIsSymbolicLink
    AssertSecurity AssertUser AssertVersion AssertVirtualization Before BindTo BindsTo CollectMode
    ConditionACPower ConditionArchitecture ConditionCPUFeature ConditionCPUPressure ConditionCPUs
    ConditionCapability ConditionControlGroupController ConditionCredential ConditionDirectoryNotEmpty
    ConditionEnvironment ConditionFileIsExecutable ConditionFileNotEmpty ConditionFirmware
    ConditionFirstBoot ConditionFraction ConditionGroup ConditionHost ConditionIOPressure
    ConditionKernelCommandLine ConditionKernelModuleLoaded ConditionKernelVersion ConditionMachineTag
    ConditionMemory ConditionMemoryPressure ConditionNeedsUpdate ConditionOSRelease ConditionPathExists
    ConditionPathExistsGlob ConditionPathIsDirectory ConditionPathIsEncrypted ConditionPathIsMountPoint
    ConditionPathIsReadWrite ConditionPathIsSocket ConditionPathIsSymbolicLink ConditionSecurity
    ConditionUser ConditionVersion ConditionVirtualization Conflicts DefaultDependencies Description
    Documentation FailureAction FailureActionExitStatus IgnoreOnIsolate JobRunningTimeoutSec
    JobTimeoutAction JobTimeoutRebootArgument JobTimeoutSec JoinsNamespaceOf OnFailure OnFailureIsolate
    OnFailureJobMode OnSuccess OnSuccessJobMode PartOf PropagateReloadFrom PropagateReloadTo
    PropagatesReloadTo PropagatesStopTo RebootArgument RefuseManualStart RefuseManualStop
    ReloadPropagatedFrom Requires RequiresMountsFor RequiresOverridable Requisite RequisiteOverridable
    SourcePath StartLimitAction StartLimitBurst StartLimitInterval StartLimitIntervalSec
    StopPropagatedFrom StopWhenUnneeded SuccessAction SuccessActionExitStatus SurviveFinalKillSignal
    Upholds Wants WantsMountsFor`),
  Service: words(`
    AllowedCPUs AllowedMemoryNodes AmbientCapabilities AppArmorProfile BPFDelegateAttachments
    BPFDelegateCommands BPFDelegateMaps BPFDelegatePrograms BPFProgram BindLogSockets
    BindNetworkInterface BindPaths BindReadOnlyPaths BlockIOAccounting BlockIODeviceWeight
    BlockIOReadBandwidth BlockIOWeight BlockIOWriteBandwidth BusName CPUAccounting CPUAffinity
    CPUPressureThresholdSec CPUPressureWatch CPUQuota CPUQuotaPeriodSec CPUSchedulingPolicy
    CPUSchedulingPriority CPUSchedulingResetOnFork CPUSetPartition CPUShares CPUWeight CacheDirectory
    CacheDirectoryAccounting CacheDirectoryMode CacheDirectoryQuota CapabilityBoundingSet
    ConfigurationDirectory ConfigurationDirectoryMode CoredumpFilter CoredumpReceive DefaultMemoryLow
    DefaultMemoryMin Delegate DelegateNamespaces DelegateSubgroup DeviceAllow DevicePolicy
    DisableControllers DynamicUser Environment EnvironmentFile ExecCondition ExecPaths ExecReload
    ExecReloadPost ExecSearchPath ExecStart ExecStartPost ExecStartPre ExecStop ExecStopPost ExitType
    ExtensionDirectories ExtensionImagePolicy ExtensionImages FailureAction FileDescriptorStoreMax
    FileDescriptorStorePreserve FinalKillSignal Group GuessMainPID IOAccounting IODeviceLatencyTargetSec
    IODeviceWeight IOPressureThresholdSec IOPressureWatch IOReadBandwidthMax IOReadIOPSMax
    IOSchedulingClass IOSchedulingPriority IOWeight IOWriteBandwidthMax IOWriteIOPSMax IPAccounting
    IPAddressAllow IPAddressDeny IPCNamespacePath IPEgressFilterPath IPIngressFilterPath IgnoreSIGPIPE
    ImportCredential InaccessibleDirectories InaccessiblePaths KeyringMode KillMode KillSignal
    LUOSession LimitAS LimitCORE LimitCPU LimitDATA LimitFSIZE LimitLOCKS LimitMEMLOCK LimitMSGQUEUE
    LimitNICE LimitNOFILE LimitNPROC LimitRSS LimitRTPRIO LimitRTTIME LimitSIGPENDING LimitSTACK
    LoadCredential LoadCredentialEncrypted LockPersonality LogExtraFields LogFilterPatterns LogLevelMax
    LogNamespace LogRateLimitBurst LogRateLimitIntervalSec LogsDirectory LogsDirectoryAccounting
    LogsDirectoryMode LogsDirectoryQuota ManagedOOMMemoryPressure ManagedOOMMemoryPressureDurationSec
    ManagedOOMMemoryPressureLimit ManagedOOMPreference ManagedOOMSwap MemoryAccounting
    MemoryDenyWriteExecute MemoryHigh MemoryKSM MemoryLimit MemoryLow MemoryMax MemoryMin
    MemoryPressureThresholdSec MemoryPressureWatch MemorySwapMax MemoryTHP MemoryZSwapMax
    MemoryZSwapWriteback MountAPIVFS MountFlags MountImagePolicy MountImages NFTSet NUMAMask NUMAPolicy
    NetworkNamespacePath Nice NoExecPaths NoNewPrivileges NonBlocking NotifyAccess OOMPolicy OOMRules
    OOMScoreAdjust OpenFile PAMName PIDFile PassEnvironment PermissionsStartOnly Personality PrivateBPF
    PrivateDevices PrivateIPC PrivateMounts PrivateNetwork PrivatePIDs PrivateTmp PrivateUsers
    ProcSubset ProtectClock ProtectControlGroups ProtectHome ProtectHostname ProtectKernelLogs
    ProtectKernelModules ProtectKernelTunables ProtectProc ProtectSystem ReadOnlyDirectories
    ReadOnlyPaths ReadWriteDirectories ReadWritePaths RebootArgument RefreshOnReload ReloadSignal
    RemainAfterExit RemoveIPC Restart RestartForceExitStatus RestartKillSignal RestartMaxDelaySec
    RestartMode RestartPreventExitStatus RestartRandomizedDelaySec RestartSec RestartSteps
    RestrictAddressFamilies RestrictFileSystems RestrictNamespaces RestrictNetworkInterfaces
    RestrictRealtime RestrictSUIDSGID RootDirectory RootDirectoryStartOnly RootEphemeral RootHash
    RootHashSignature RootImage RootImageOptions RootImagePolicy RootMStack RootVerity RuntimeDirectory
    RuntimeDirectoryMode RuntimeDirectoryPreserve RuntimeMaxSec RuntimeRandomizedExtraSec SELinuxContext
    SecureBits SendSIGHUP SendSIGKILL SetCredential SetCredentialEncrypted SetLoginEnvironment Slice
    SmackProcessLabel SocketBindAllow SocketBindDeny Sockets StandardError StandardInput
    StandardInputData StandardInputText StandardOutput StartLimitAction StartLimitBurst
    StartLimitInterval StartupAllowedCPUs StartupAllowedMemoryNodes StartupBlockIOWeight
    StartupCPUShares StartupCPUWeight StartupIOWeight StartupMemoryHigh StartupMemoryLow
    StartupMemoryMax StartupMemorySwapMax StartupMemoryZSwapMax StateDirectory StateDirectoryAccounting
    StateDirectoryMode StateDirectoryQuota SuccessExitStatus SupplementaryGroups SyslogFacility
    SyslogIdentifier SyslogLevel SyslogLevelPrefix SystemCallArchitectures SystemCallErrorNumber
    SystemCallFilter SystemCallLog TTYColumns TTYPath TTYReset TTYRows TTYVHangup TTYVTDisallocate
    TasksAccounting TasksMax TemporaryFileSystem TimeoutAbortSec TimeoutCleanSec TimeoutSec
    TimeoutStartFailureMode TimeoutStartSec TimeoutStopFailureMode TimeoutStopSec TimerSlackNSec Type
    UMask USBFunctionDescriptors USBFunctionStrings UnsetEnvironment User UserNamespacePath
    UtmpIdentifier UtmpMode WatchdogSec WatchdogSignal WorkingDirectory`),
  Install: words(`
    Alias Also DefaultInstance RequiredBy UpheldBy WantedBy`),
};

/** Keys that came later, by the version ("Added in version" of the man pages of 262; those of 252 and before are the ones it is sure of). */
const ADDED: Record<number, ReadonlySet<string>> = {
  243: words(`
    ExecCondition IPEgressFilterPath IPIngressFilterPath NUMAMask NUMAPolicy OOMPolicy TimeoutAbortSec`),
  244: words(`
    AllowedCPUs AllowedMemoryNodes ProtectKernelLogs RestartKillSignal StartupAllowedCPUs
    StartupAllowedMemoryNodes TimeoutCleanSec`),
  245: words(`
    LogNamespace ProtectClock`),
  246: words(`
    ConditionEnvironment ConditionPathIsEncrypted CoredumpFilter RootHash RootHashSignature RootVerity
    TimeoutStartFailureMode TimeoutStopFailureMode`),
  247: words(`
    LoadCredential ManagedOOMMemoryPressure ManagedOOMMemoryPressureLimit ManagedOOMSwap MountImages
    ProcSubset ProtectProc RootImageOptions SetCredential SystemCallLog`),
  248: words(`
    ConditionCPUFeature ExtensionImages IPCNamespacePath ManagedOOMPreference PrivateIPC`),
  249: words(`
    BPFProgram ConditionFirmware ConditionOSRelease OnSuccess PropagatesStopTo SocketBindAllow
    SocketBindDeny StopPropagatedFrom Upholds`),
  250: words(`
    ConditionCPUPressure ConditionIOPressure ConditionMemoryPressure ExecSearchPath ExitType
    LoadCredentialEncrypted RestrictFileSystems RestrictNetworkInterfaces RuntimeRandomizedExtraSec
    SetCredentialEncrypted TTYColumns TTYRows`),
  251: words(`
    ExtensionDirectories`),
  252: words(`
    ConditionCredential`),
  253: words(`
    LogFilterPatterns MemoryZSwapMax OpenFile ReloadSignal StartupMemoryHigh StartupMemoryLow
    StartupMemoryMax StartupMemorySwapMax StartupMemoryZSwapMax UpheldBy`),
  254: words(`
    DelegateSubgroup ExtensionImagePolicy FileDescriptorStorePreserve ImportCredential MemoryKSM
    MemoryPressureThresholdSec MemoryPressureWatch MountImagePolicy RestartMaxDelaySec RestartMode
    RestartSteps RootEphemeral RootImagePolicy`),
  255: words(`
    CoredumpReceive NFTSet SetLoginEnvironment SurviveFinalKillSignal`),
  256: words(`
    MemoryZSwapWriteback WantsMountsFor`),
  257: words(`
    BindLogSockets ManagedOOMMemoryPressureDurationSec PrivatePIDs`),
  258: words(`
    AssertKernelModuleLoaded AssertVersion BPFDelegateAttachments BPFDelegateCommands BPFDelegateMaps
    BPFDelegatePrograms CacheDirectoryAccounting CacheDirectoryQuota ConditionKernelModuleLoaded
    ConditionVersion DelegateNamespaces LogsDirectoryAccounting LogsDirectoryQuota PrivateBPF
    StateDirectoryAccounting StateDirectoryQuota`),
  259: words(`
    ExecReloadPost UserNamespacePath`),
  260: words(`
    AssertPathIsSocket BindNetworkInterface ConditionPathIsSocket MemoryTHP RefreshOnReload RootMStack`),
  261: words(`
    AssertFraction AssertMachineTag CPUPressureThresholdSec CPUPressureWatch CPUSetPartition
    ConditionFraction ConditionMachineTag IOPressureThresholdSec IOPressureWatch OOMRules`),
  262: words(`
    LUOSession RestartRandomizedDelaySec`),
};

function words(text: string): ReadonlySet<string> {
  return new Set(text.trim().split(/\s+/));
}

/** Sections that systemd reads `key` in; empty where it knows no such key. */
export function sectionsOf(key: string): string[] {
  return Object.keys(KEYS).filter((section) => KEYS[section]?.has(key) === true);
}

/** The keys of a section; empty where it is none of a service unit. */
export function keysOf(section: string): string[] {
  return [...(KEYS[section] ?? [])];
}

/** The first version of systemd that reads `key`; undefined where it is older than 243. */
export function addedIn(key: string): number | undefined {
  const version = Object.keys(ADDED).find((known) => ADDED[Number(known)]?.has(key) === true);
  return version === undefined ? undefined : Number(version);
}
