using System;
using System.Runtime.Intrinsics;
using KvmSharp.Addresses;
using KvmSharp.HyperV;
using KvmSharp.HyperV.Hypercalls;
using KvmSharp.X86.Devices;
using KvmSharp.X86.Events;
using KvmSharp.X86.State;

namespace KvmSharp.X86;

// The Hyper-V interface of the machine core, as instructions reach it: calls, the flushes that others' calls ask for, registers.
partial class Cpu
{
    // Naming more pages one by one takes longer than forgetting all and walking anew.
    const int MostPagesFlushed = 256;

    /// <summary>Whether a hypercall instruction is a call to the Hyper-V interface.</summary>
    internal bool IsHyperVOpen => Vcpu.HyperV.IsEnabled && Vcpu.Machine.HyperV.GuestOsId != 0;

    /// <summary>The hypercall instruction, where the Hyper-V interface is open.</summary>
    /// <returns><see langword="false"/> when it waits for the call to be made, or is not defined.</returns>
    /// <remarks>
    /// A call is made outside guest mode, where two CPUs that flush each other do not wait for ever. So it ends the run as a
    /// device access does, and the instruction is executed again when there is a result.
    /// </remarks>
    internal bool TryCallHyperV()
    {
        HypercallRegisters registers = HyperVRegisters([]);
        var access = new DeviceAccess
        {
            Kind = DeviceAccessKind.HyperVCall,
            Address = registers.Input.Value,
            Length = sizeof(ulong),
            Count = 1,
        };
        if (!TryAsk(ref access))
        {
            Exit = ExitKind.HyperVCall;
            return false;
        }
        if (access.Count == 0)
            return Raise(Vector.InvalidOpcode);
        ulong result = access.Data;
        if (IsLong64)
        {
            Registers[Register.Rax] = result;
        }
        else
        {
            Registers[Register.Rax] = (uint)result;
            Registers[Register.Rdx] = result >> 32;
        }
        return true;
    }

    // Outside guest mode.
    void MakeHyperVCall()
    {
        Exit = ExitKind.None;
        Span<ulong> xmm = stackalloc ulong[HypercallRegisters.XmmHalves];
        for (int half = 0; half < xmm.Length; half++)
            xmm[half] = Xmm[half / 2].AsUInt64()[half % 2];
        HypercallRegisters registers = HyperVRegisters(xmm);
        HypercallOutcome outcome;
        HypercallResult result;
        // One that is waited for may itself be waiting for this CPU to stand still.
        Environment.Exclusive.Leave();
        try
        {
            outcome = Vcpu.HyperV.Hypercall(registers, out result);
        }
        finally
        {
            Environment.Exclusive.Join();
        }
        if (outcome == HypercallOutcome.NotEnabled)
        {
            // Another CPU has just closed the interface: the instruction is another one's.
            DeviceLog.Clear();
            return;
        }
        ref DeviceAccess access = ref DeviceLog.Waiting;
        access.Data = result.Value;
        access.Count = outcome == HypercallOutcome.Completed ? 1 : 0;
        DeviceLog.Answer();
    }

    HypercallRegisters HyperVRegisters(ReadOnlySpan<ulong> xmm)
    {
        ref Registers registers = ref Registers;
        HypercallRegisters found = IsLong64
            ? HypercallRegisters.In64BitMode(registers[Register.Rcx], registers[Register.Rdx], registers[8], xmm)
            : HypercallRegisters.In32BitMode(
                (uint)registers[Register.Rax], (uint)registers[Register.Rdx], (uint)registers[Register.Rbx],
                (uint)registers[Register.Rcx], (uint)registers[Register.Rdi], (uint)registers[Register.Rsi], xmm);
        return found with { IsPrivileged = State.Cpl == 0 && IsProtected };
    }

    void ServeTlbFlush()
    {
        Span<GvaRange> ranges = stackalloc GvaRange[HyperVVcpu.MaxRanges];
        GuestTlbFlush flush = Vcpu.HyperV.TakeGuestTlbFlush(ranges, out int count);
        int pages = 0;
        foreach (GvaRange range in ranges[..count])
            pages += range.PageCount;
        if (flush == GuestTlbFlush.Everything || pages > MostPagesFlushed)
        {
            FlushTlb();
            return;
        }
        foreach (GvaRange range in ranges[..count])
        {
            for (int page = 0; page < range.PageCount; page++)
            {
                ulong linear = unchecked(range.Start + ((ulong)page << Page.Shift));
                if (!IsLong64 || IsCanonical(linear))
                    FlushPage(linear);
            }
        }
    }

    bool TryWriteHyperVMsr(uint index, ulong value, bool byHost)
    {
        if (!Vcpu.HyperV.TryWriteMsr(index, value, byHost))
            return false;
        // It may have put code into the page.
        if (index == HyperVMsr.Hypercall)
            NoteStore(value & ~Page.OffsetMask, (int)Page.Size);
        return true;
    }
}
