using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using KvmSharp.Backends;
using KvmSharp.Hardware.Abi;

namespace KvmSharp.Hardware.Tests.Abi;

/// <summary>What this project believes of the kernel's interface, found by reflection.</summary>
static class KernelAbi
{
    /// <summary>The structures that pass to and from the kernel: ours, and the kernel's name.</summary>
    internal static IReadOnlyList<(Type Type, string Kernel)> Structures { get; } =
    [
        .. typeof(Request).Assembly.GetTypes()
            .Where(type => type.Namespace == typeof(Request).Namespace && type.IsValueType && !type.IsNested
                && type.Name.StartsWith("kvm_", StringComparison.Ordinal))
            .Select(type => (type, type.Name)),
        (typeof(KvmRegs), "kvm_regs"),
        (typeof(KvmSegment), "kvm_segment"),
        (typeof(KvmDtable), "kvm_dtable"),
        (typeof(KvmSregs), "kvm_sregs"),
        (typeof(KvmFpu), "kvm_fpu"),
        (typeof(KvmDebugRegs), "kvm_debugregs"),
        (typeof(KvmGuestDebug), "kvm_guest_debug"),
        (typeof(KvmMsrEntry), "kvm_msr_entry"),
        (typeof(KvmCpuidEntry), "kvm_cpuid_entry2"),
        (typeof(KvmVcpuEvents), "kvm_vcpu_events"),
    ];

    internal static IReadOnlyList<(string Field, Request Request)> Requests { get; } =
    [
        .. typeof(Requests).GetFields(BindingFlags.Static | BindingFlags.NonPublic)
            .Where(field => field.FieldType == typeof(Request))
            .Select(field => (field.Name, (Request)field.GetValue(null)!)),
    ];

    internal static Request Request(string name) => Requests.Single(pair => pair.Field == name).Request;
}
