using System;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using KvmSharp.Backends;
using Xunit;

namespace KvmSharp.Tests.Backends;

/// <summary>Register state has the kernel's layout, so that it passes to and from <c>/dev/kvm</c> as it is.</summary>
[SuppressMessage("ApiDesign", "RS0030", Justification = "It asks for layouts and touches no memory.")]
public sealed class StateLayoutTests
{
    [Theory]
    [InlineData(typeof(KvmRegs), 144)]
    [InlineData(typeof(KvmSegment), 24)]
    [InlineData(typeof(KvmDtable), 16)]
    [InlineData(typeof(KvmSregs), 312)]
    [InlineData(typeof(KvmFpu), 416)]
    [InlineData(typeof(KvmDebugRegs), 128)]
    [InlineData(typeof(KvmGuestDebug), 72)]
    [InlineData(typeof(KvmMsrEntry), 16)]
    [InlineData(typeof(KvmCpuidEntry), 40)]
    [InlineData(typeof(KvmVcpuEvents), 64)]
    public void Sizes_are_the_kernels(Type type, int size) => Assert.Equal(size, Marshal.SizeOf(type));

    [Theory]
    [InlineData(typeof(KvmRegs), nameof(KvmRegs.R8), 64)]
    [InlineData(typeof(KvmRegs), nameof(KvmRegs.Rip), 128)]
    [InlineData(typeof(KvmRegs), nameof(KvmRegs.Rflags), 136)]
    [InlineData(typeof(KvmSegment), nameof(KvmSegment.Selector), 12)]
    [InlineData(typeof(KvmSegment), nameof(KvmSegment.Unusable), 22)]
    [InlineData(typeof(KvmSregs), nameof(KvmSregs.Tr), 144)]
    [InlineData(typeof(KvmSregs), nameof(KvmSregs.Gdt), 192)]
    [InlineData(typeof(KvmSregs), nameof(KvmSregs.Cr0), 224)]
    [InlineData(typeof(KvmSregs), nameof(KvmSregs.Efer), 264)]
    [InlineData(typeof(KvmSregs), nameof(KvmSregs.InterruptBitmap), 280)]
    [InlineData(typeof(KvmFpu), nameof(KvmFpu.Fcw), 128)]
    [InlineData(typeof(KvmFpu), nameof(KvmFpu.LastOpcode), 134)]
    [InlineData(typeof(KvmFpu), nameof(KvmFpu.Xmm), 152)]
    [InlineData(typeof(KvmFpu), nameof(KvmFpu.Mxcsr), 408)]
    [InlineData(typeof(KvmDebugRegs), nameof(KvmDebugRegs.Dr6), 32)]
    [InlineData(typeof(KvmDebugRegs), nameof(KvmDebugRegs.Flags), 48)]
    [InlineData(typeof(KvmGuestDebug), nameof(KvmGuestDebug.DebugReg), 8)]
    [InlineData(typeof(KvmMsrEntry), nameof(KvmMsrEntry.Data), 8)]
    [InlineData(typeof(KvmCpuidEntry), nameof(KvmCpuidEntry.Edx), 24)]
    [InlineData(typeof(KvmVcpuEvents), nameof(KvmVcpuEvents.InterruptInjected), 8)]
    [InlineData(typeof(KvmVcpuEvents), nameof(KvmVcpuEvents.SipiVector), 16)]
    [InlineData(typeof(KvmVcpuEvents), nameof(KvmVcpuEvents.TripleFaultPending), 28)]
    [InlineData(typeof(KvmVcpuEvents), nameof(KvmVcpuEvents.ExceptionHasPayload), 55)]
    [InlineData(typeof(KvmVcpuEvents), nameof(KvmVcpuEvents.ExceptionPayload), 56)]
    public void Offsets_are_the_kernels(Type type, string field, int offset) =>
        Assert.Equal(offset, (int)Marshal.OffsetOf(type, field));
}
