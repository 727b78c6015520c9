using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Runtime.Versioning;
using KvmSharp.Backends;
using KvmSharp.Hardware;

namespace KvmSharp.Cli.Doctor;

/// <summary>What <c>/dev/kvm</c> offers, found by trying it.</summary>
[SupportedOSPlatform("linux")]
sealed class KvmProbe(string device)
{
    const string SoftwareInstead = "run such guests on the software CPU";

    readonly List<Finding> _findings = [];

    internal IReadOnlyList<Finding> Findings => _findings;

    internal Dictionary<string, long> Limits { get; } = [];

    internal Dictionary<string, int> Capabilities { get; } = [];

    internal void Run()
    {
        // Whatever is not reached is not known.
        Subject[] order = [Subject.Device, Subject.Permission, Subject.ApiVersion, Subject.Machines, Subject.Vcpus, Subject.RealMode, Subject.LongMode];
        Probe();
        foreach (Subject subject in order.Where(subject => _findings.All(finding => finding.Subject != subject)))
            _findings.Add(new Finding(subject, Condition.Unknown, "not looked at"));
    }

    void Probe()
    {
        var backend = new HardwareBackend(device);
        if (!File.Exists(device))
        {
            Add(Subject.Device, Condition.Missing, $"{device} is not there", DeviceObstacles.Explain(KvmErrno.ENOENT));
            return;
        }
        Add(Subject.Device, Condition.Ok, device);
        KvmErrno errno = SystemDescriptor.TryOpen(device, out SystemDescriptor? system);
        if (errno != KvmErrno.None)
        {
            Add(Subject.Permission, Condition.Missing, $"open: {errno}", DeviceObstacles.Explain(errno));
            return;
        }
        using (system)
        {
            Add(Subject.Permission, Condition.Ok, "open for reading and writing");
            if (ProbeVersion(system!) && ProbeMachines(system!))
                ProbeModes(backend);
        }
    }

    bool ProbeVersion(SystemDescriptor system)
    {
        try
        {
            KernelRequirements.Require(device, system);
        }
        catch (KvmException exception)
        {
            string fix = exception.Errno == KvmErrno.EINVAL ? "a newer kernel" : DeviceObstacles.Explain(exception.Errno);
            Add(Subject.ApiVersion, Condition.Missing, exception.Message, fix);
            return false;
        }
        Add(Subject.ApiVersion, Condition.Ok, KernelRequirements.ApiVersion.ToString(CultureInfo.InvariantCulture));
        return true;
    }

    bool ProbeMachines(SystemDescriptor system)
    {
        KvmErrno errno = system.TryCreateVm(0, out VmDescriptor? vm);
        if (errno != KvmErrno.None)
        {
            Add(Subject.Machines, Condition.Missing, $"KVM_CREATE_VM: {errno}", DeviceObstacles.Explain(errno));
            return false;
        }
        using (vm)
        {
            Add(Subject.Machines, Condition.Ok, "can be created");
            Limits["slots"] = vm!.Check(KvmCapability.NrMemslots);
            Limits["addressSpaces"] = Math.Max(1, vm.Check(KvmCapability.MultiAddressSpace));
            Limits["vcpusRecommended"] = vm.Check(KvmCapability.NrVcpus);
            Limits["vcpus"] = vm.Check(KvmCapability.MaxVcpus);
            Limits["vcpuIds"] = vm.Check(KvmCapability.MaxVcpuId);
            Limits["dirtyRingBytes"] = vm.Check(KvmCapability.DirtyLogRing);
            Limits["runPageBytes"] = system.GetVcpuMmapSize();
            foreach (KvmCapability capability in Enum.GetValues<KvmCapability>())
            {
                int value = vm.Check(capability);
                if (value > 0)
                    Capabilities[capability.ToString()] = value;
            }
            errno = vm.TryCreateVcpu(0, out VcpuDescriptor? vcpu);
            using (vcpu)
            {
                Add(
                    Subject.Vcpus,
                    errno == KvmErrno.None ? Condition.Ok : Condition.Missing,
                    errno == KvmErrno.None ? "can be created" : $"KVM_CREATE_VCPU: {errno}",
                    errno == KvmErrno.None ? null : DeviceObstacles.Explain(errno));
            }
        }
        return errno == KvmErrno.None;
    }

    void ProbeModes(HardwareBackend backend)
    {
        string? realMode = ProbeGuest.Try(backend, ProbeGuestKind.RealMode);
        Add(Subject.RealMode, realMode is null ? Condition.Ok : Condition.Missing, realMode ?? "works", realMode is null ? null : SoftwareInstead);
        string? longMode = ProbeGuest.Try(backend, ProbeGuestKind.LongMode);
        string? withSse = longMode is null ? ProbeGuest.Try(backend, ProbeGuestKind.LongModeWithSse) : null;
        if (longMode is not null)
            Add(Subject.LongMode, Condition.Missing, longMode, SoftwareInstead);
        else if (withSse is not null)
            Add(Subject.LongMode, Condition.Limited, $"works without SSE; with it {withSse}", SoftwareInstead);
        else
            Add(Subject.LongMode, Condition.Ok, "works");
    }

    void Add(Subject subject, Condition condition, string detail, string? fix = null) =>
        _findings.Add(new Finding(subject, condition, detail, fix));
}
