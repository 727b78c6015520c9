using System;
using System.Collections.Generic;
using KvmSharp.Addresses;
using KvmSharp.Backends;
using KvmSharp.Cli.Run.Boot;
using KvmSharp.Cli.Run.Images;
using KvmSharp.Vcpus;
using KvmSharp.X86;

namespace KvmSharp.Cli.Perf.Guests;

/// <summary>Executes guest programs as x86-64 code on the software CPU. Code and page tables lie in the harness's slot.</summary>
sealed class X86Guest : IGuest
{
    static readonly Gpa _code = BootLayout.RealStacksEnd;

    // Nothing is pushed, but a register has to hold something.
    static readonly Gpa _stackEnd = _code;

    readonly SoftwareMachine _machine;
    readonly SoftwareVcpu _vcpu;

    internal X86Guest(VirtualMachineOptions options)
    {
        _machine = SoftwareBackend.Instance.CreateMachine(options);
        _vcpu = _machine.CreateVcpu(new VcpuId(0));
    }

    /// <inheritdoc/>
    public VirtualMachine Machine => _machine.Core;

    /// <inheritdoc/>
    public void Run(IReadOnlyList<GuestStep> program, MmioRule rule, Action entered)
    {
        if (!Machine.Memory.TryWrite(_code, X86GuestCode.Assemble(program, _code), out _))
            throw new PerfTestException("the guest's code does not fit in the harness's slot");
        IdentityMap.Write(Machine.Memory, BootLayout.LeastMapped, smallLeavesEnd: 0);
        StartState.WriteDescriptors(Machine.Memory, GuestMode.Long);
        StartState.Apply(_vcpu, new GuestImage(GuestMode.Long, _code, []), 0, _stackEnd);
        entered();
        while (true)
        {
            VcpuExit exit = _vcpu.Run();
            switch (exit.Reason)
            {
                case VcpuExitReason.Hlt:
                    return;
                case VcpuExitReason.Mmio:
                    MmioExit access = exit.Mmio;
                    if (!rule.Allows(access.Address, access.Length, access.IsWrite))
                        throw rule.Violation(access.Address, access.Length, access.IsWrite, nameof(GuestAccessKind.Mmio));
                    break;
                case VcpuExitReason.Intr:
                    break;
                case VcpuExitReason.Io when exit.Io.Port == X86GuestCode.FailurePort:
                    throw FailedCheck();
                default:
                    throw new PerfTestException($"the guest's CPU left the guest with {exit.Reason}");
            }
        }
    }

    public void Dispose() => _machine.Dispose();

    PerfTestException FailedCheck()
    {
        _vcpu.GetRegs(out KvmRegs registers);
        return PerfHost.Unexpected(
            "guest", ArenaLayout.PageOf(new Gpa(registers.Rdi)), expected: registers.Rdx, found: registers.Rax);
    }
}
