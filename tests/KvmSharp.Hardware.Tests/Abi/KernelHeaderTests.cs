using System;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using KvmSharp.Backends;
using KvmSharp.Hardware.Abi;
using Xunit;
using Xunit.Abstractions;

namespace KvmSharp.Hardware.Tests.Abi;

/// <summary>
/// A C compiler checks sizes, offsets, request numbers and capabilities against the kernel's own header, where there are
/// both. What an older header does not know yet is left out of the check.
/// </summary>
[SuppressMessage("ApiDesign", "RS0030", Justification = "It asks for layouts and touches no memory.")]
public sealed class KernelHeaderTests(ITestOutputHelper output)
{
    // Structures that came after the header of the oldest system in use.
    static readonly string[] _newerThanTheHeader = ["kvm_userspace_memory_region2", "kvm_create_guest_memfd"];

    [CompilerFact]
    public void The_kernels_header_agrees()
    {
        string file = Path.Combine(Path.GetTempPath(), $"kvmsharp-abi-{Environment.ProcessId}.c");
        try
        {
            File.WriteAllText(file, Program(out int checks));
            output.WriteLine($"{checks} checks");
            using Process compiler = Process.Start(
                new ProcessStartInfo(CompilerFactAttribute.Compiler, ["-fsyntax-only", "-std=gnu11", file])
                {
                    RedirectStandardError = true,
                })!;
            string complaints = compiler.StandardError.ReadToEnd();
            compiler.WaitForExit();
            Assert.True(compiler.ExitCode == 0, complaints);
        }
        finally
        {
            File.Delete(file);
        }
    }

    static string Program(out int checks)
    {
        var text = new StringBuilder("#include <stddef.h>\n#include <linux/kvm.h>\n");
        int count = 0;

        void Check(string guard, string expression, long expected)
        {
            count++;
            text.Append(CultureInfo.InvariantCulture, $"#ifdef {guard}\n_Static_assert({expression} == {expected}, \"\");\n#endif\n");
        }

        foreach ((Type type, string kernel) in KernelAbi.Structures)
        {
            string guard = _newerThanTheHeader.Contains(kernel) ? "KVM_CAP_GUEST_MEMFD" : "KVM_CAP_USER_MEMORY";
            // Those that end in an array are known by their head, whose size the array does not add to.
            Check(guard, $"sizeof(struct {kernel})", Marshal.SizeOf(type));
            foreach (FieldInfo field in type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic))
            {
                if (IsPadding(field))
                    continue;
                if (KernelField(type, field) is { } name)
                    Check(guard, $"offsetof(struct {kernel}, {name})", (long)Marshal.OffsetOf(type, field.Name));
            }
        }
        foreach ((string name, Request request) in KernelAbi.Requests)
            Check(name, name, request.Number);
        foreach (KvmCapability capability in Enum.GetValues<KvmCapability>())
        {
            string name = CapabilityName(capability);
            Check(name, name, (long)capability);
        }
        foreach (VcpuExitReason reason in Enum.GetValues<VcpuExitReason>())
        {
            string name = "KVM_EXIT_" + Snake(reason.ToString()).ToUpperInvariant();
            Check(name, name, (long)reason);
        }
        checks = count;
        return text.ToString();
    }

    static bool IsPadding(FieldInfo field) =>
        field.IsPrivate || field.Name.Contains("pad", StringComparison.Ordinal) || field.Name.Contains("reserved", StringComparison.OrdinalIgnoreCase);

    static string? KernelField(Type type, FieldInfo field)
    {
        if (type.Namespace == typeof(Request).Namespace)
            return (type.Name, field.Name) switch
            {
                (nameof(kvm_enable_cap), "arg0") => "args[0]",
                (nameof(kvm_enable_cap), "arg1") => "args[1]",
                (nameof(kvm_enable_cap), "arg2") => "args[2]",
                (nameof(kvm_enable_cap), "arg3") => "args[3]",
                (nameof(kvm_coalesced_mmio), "data") => "data",
                (nameof(kvm_run), "memory_fault") => null,
                _ => field.Name,
            };
        return (type.Name, field.Name) switch
        {
            (nameof(KvmVcpuEvents), _) => EventField(field.Name),
            (nameof(KvmGuestDebug), nameof(KvmGuestDebug.DebugReg)) => "arch.debugreg",
            _ => Snake(field.Name),
        };
    }

    // The kernel groups these in structures inside the structure.
    static string EventField(string name)
    {
        if (name is nameof(KvmVcpuEvents.ExceptionHasPayload) or nameof(KvmVcpuEvents.ExceptionPayload)
            or nameof(KvmVcpuEvents.SipiVector))
            return Snake(name);
        string[] groups = ["exception", "interrupt", "nmi", "smi", "triple_fault"];
        string snake = Snake(name);
        string? group = groups.FirstOrDefault(group => snake.StartsWith(group + "_", StringComparison.Ordinal));
        if (group is null)
            return snake;
        string inner = snake[(group.Length + 1)..];
        return (group, inner) switch
        {
            ("smi", "inside_nmi") => "smi.smm_inside_nmi",
            _ => $"{group}.{inner}",
        };
    }

    static string CapabilityName(KvmCapability capability) => "KVM_CAP_" + (capability switch
    {
        KvmCapability.SetTssAddress => "SET_TSS_ADDR",
        KvmCapability.ExtendedCpuid => "EXT_CPUID",
        KvmCapability.DebugRegs => "DEBUGREGS",
        KvmCapability.ReadOnlyMemory => "READONLY_MEM",
        KvmCapability.ManualDirtyLogProtect => "MANUAL_DIRTY_LOG_PROTECT2",
        KvmCapability.Xsave2 => "XSAVE2",
        KvmCapability.UserMemory2 => "USER_MEMORY2",
        KvmCapability.X86TripleFaultEvent => "X86_TRIPLE_FAULT_EVENT",
        _ => Snake(capability.ToString()).ToUpperInvariant(),
    });

    static string Snake(string name)
    {
        var text = new StringBuilder();
        for (int index = 0; index < name.Length; index++)
        {
            if (char.IsUpper(name[index]) && index > 0)
                text.Append('_');
            text.Append(char.ToLowerInvariant(name[index]));
        }
        return text.ToString();
    }
}
