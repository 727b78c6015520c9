using System;
using KvmSharp.Backends;
using KvmSharp.Buses;
using KvmSharp.Hardware.Abi;
using KvmSharp.Hardware.Native;
using KvmSharp.Hardware.Raw;
using KvmSharp.InterruptControllers;

namespace KvmSharp.Hardware;

// The vCPU's registers and what else makes up its state.
partial class HardwareVcpu
{
    const int XsaveBytes = 4096;

    // Asked for once; fixed for a machine.
    int _xsaveSize;

    /// <inheritdoc/>
    public void GetRegs(out KvmRegs regs) => Get(Requests.KVM_GET_REGS, out regs);

    /// <inheritdoc/>
    public void SetRegs(in KvmRegs regs) => Set(Requests.KVM_SET_REGS, regs);

    /// <inheritdoc/>
    public void GetSregs(out KvmSregs sregs) => Get(Requests.KVM_GET_SREGS, out sregs);

    /// <inheritdoc/>
    public void SetSregs(in KvmSregs sregs) => Set(Requests.KVM_SET_SREGS, sregs);

    /// <inheritdoc/>
    public void GetFpu(out KvmFpu fpu) => Get(Requests.KVM_GET_FPU, out fpu);

    /// <inheritdoc/>
    public void SetFpu(in KvmFpu fpu) => Set(Requests.KVM_SET_FPU, fpu);

    /// <inheritdoc/>
    public int XsaveSize
    {
        get
        {
            if (_xsaveSize == 0)
                _xsaveSize = Math.Max(XsaveBytes, _machine.Check(KvmCapability.Xsave2));
            return _xsaveSize;
        }
    }

    /// <inheritdoc/>
    public void GetXsave(Span<byte> image)
    {
        RequireXsave(image.Length, nameof(image));
        Request request = XsaveSize > XsaveBytes ? Requests.KVM_GET_XSAVE2 : Requests.KVM_GET_XSAVE;
        Require(request, _descriptor.TryXsave(request, image));
    }

    /// <inheritdoc/>
    public void SetXsave(ReadOnlySpan<byte> image)
    {
        RequireXsave(image.Length, nameof(image));
        // The call takes what it is given as something to fill.
        byte[] copy = image.ToArray();
        Require(Requests.KVM_SET_XSAVE, _descriptor.TryXsave(Requests.KVM_SET_XSAVE, copy));
    }

    /// <inheritdoc/>
    public ulong Xcr0
    {
        get
        {
            Get(Requests.KVM_GET_XCRS, out kvm_xcrs xcrs);
            return xcrs.nr_xcrs > 0 ? xcrs.xcrs[0].value : 0;
        }
        set
        {
            var xcrs = new kvm_xcrs { nr_xcrs = 1 };
            xcrs.xcrs[0].value = value;
            Set(Requests.KVM_SET_XCRS, xcrs);
        }
    }

    /// <inheritdoc/>
    public void GetDebugRegs(out KvmDebugRegs regs) => Get(Requests.KVM_GET_DEBUGREGS, out regs);

    /// <inheritdoc/>
    public void SetDebugRegs(in KvmDebugRegs regs) => Set(Requests.KVM_SET_DEBUGREGS, regs);

    /// <inheritdoc/>
    public int GetMsrs(Span<KvmMsrEntry> msrs)
    {
        KvmErrno errno = _descriptor.TryMsrs(Requests.KVM_GET_MSRS, msrs, msrs, out int count);
        Require(Requests.KVM_GET_MSRS, errno);
        return count;
    }

    /// <inheritdoc/>
    public int SetMsrs(ReadOnlySpan<KvmMsrEntry> msrs)
    {
        KvmErrno errno = _descriptor.TryMsrs(Requests.KVM_SET_MSRS, msrs, default, out int count);
        Require(Requests.KVM_SET_MSRS, errno);
        return count;
    }

    /// <inheritdoc/>
    public void GetEvents(out KvmVcpuEvents events) => Get(Requests.KVM_GET_VCPU_EVENTS, out events);

    /// <inheritdoc/>
    public void SetEvents(in KvmVcpuEvents events) => Set(Requests.KVM_SET_VCPU_EVENTS, events);

    /// <inheritdoc/>
    public void SetCpuid(ReadOnlySpan<KvmCpuidEntry> entries) =>
        Require(Requests.KVM_SET_CPUID2, _descriptor.TrySetCpuid(entries));

    /// <inheritdoc/>
    public KvmCpuidEntry[] GetCpuid() => _descriptor.GetCpuid();

    /// <inheritdoc/>
    public KvmMpState MpState
    {
        get
        {
            Get(Requests.KVM_GET_MP_STATE, out uint state);
            return (KvmMpState)state;
        }
        set => Set(Requests.KVM_SET_MP_STATE, (uint)value);
    }

    /// <inheritdoc/>
    public void GetLapic(Span<byte> image)
    {
        image = image[..LocalApic.StateBytes];
        Get(Requests.KVM_GET_LAPIC, out kvm_lapic_state state);
        ((ReadOnlySpan<byte>)state.regs).CopyTo(image);
    }

    /// <inheritdoc/>
    public void SetLapic(ReadOnlySpan<byte> image)
    {
        var state = default(kvm_lapic_state);
        image[..LocalApic.StateBytes].CopyTo(state.regs);
        Set(Requests.KVM_SET_LAPIC, state);
    }

    /// <inheritdoc/>
    public void Interrupt(byte vector) => Set<uint>(Requests.KVM_INTERRUPT, vector);

    /// <inheritdoc/>
    public void Nmi() => Require(Requests.KVM_NMI, _descriptor.TryNmi());

    /// <inheritdoc/>
    public bool RequestInterruptWindow
    {
        get => Read(static page => page.RequestInterruptWindow);
        set
        {
            RunPage page = HoldPage();
            page.RequestInterruptWindow = value;
            page.Release();
        }
    }

    /// <inheritdoc/>
    public bool ReadyForInterruptInjection => Read(static page => page.ReadyForInterruptInjection);

    /// <inheritdoc/>
    public bool InterruptFlag => Read(static page => page.InterruptFlag);

    /// <inheritdoc/>
    public ulong Cr8
    {
        get => Read(static page => page.Cr8);
        set
        {
            RunPage page = HoldPage();
            page.Cr8 = value;
            page.Release();
        }
    }

    /// <inheritdoc/>
    public void SetGuestDebug(in KvmGuestDebug debug) => Set(Requests.KVM_SET_GUEST_DEBUG, debug);

    /// <summary>The frequency of the guest's time stamp counter in kHz.</summary>
    /// <exception cref="KvmException">Set: the processor cannot scale the counter.</exception>
    public int TscKhz
    {
        get
        {
            Require(Requests.KVM_GET_TSC_KHZ, _descriptor.TryGetTscKhz(out int khz));
            return khz;
        }
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            Require(Requests.KVM_SET_TSC_KHZ, _descriptor.TrySetTscKhz((uint)value));
        }
    }

    /// <summary>How many writes wait in the machine's ring of coalesced writes, as this vCPU shows it.</summary>
    /// <returns>−1 when it shows none: it was disposed, or the kernel collects no writes.</returns>
    internal int CountCoalesced()
    {
        // Disposal lets go of the page after it has had the lock.
        lock (_runLock)
            return ShowsCoalesced ? _page.CoalescedRing(_machine.CoalescedPage).Count : -1;
    }

    /// <summary>Takes the oldest write from that ring.</summary>
    /// <param name="write">The write.</param>
    /// <param name="isShown">Whether this vCPU shows the ring.</param>
    /// <returns>Whether there was one.</returns>
    internal bool TryTakeCoalesced(out CoalescedWrite write, out bool isShown)
    {
        lock (_runLock)
        {
            isShown = ShowsCoalesced;
            if (isShown)
                return _page.CoalescedRing(_machine.CoalescedPage).TryTake(out write);
        }
        write = default;
        return false;
    }

    bool ShowsCoalesced => !_disposed && _machine.CoalescedPage > 0;

    T Read<T>(Func<RunPage, T> what)
    {
        RunPage page = HoldPage();
        T value = what(page);
        page.Release();
        return value;
    }

    void Get<T>(Request request, out T state)
        where T : unmanaged => Require(request, _descriptor.TryGet(request, out state));

    void Set<T>(Request request, in T state)
        where T : unmanaged => Require(request, _descriptor.TrySet(request, state));

    void Require(Request request, KvmErrno errno)
    {
        if (errno != KvmErrno.None)
            throw Call.Refused(request, errno, $"vCPU 0x{Id.Value:x}");
    }

    void RequireXsave(int length, string name)
    {
        if (length < XsaveSize)
            throw new ArgumentException($"0x{length:x} bytes are less than an XSAVE image of 0x{XsaveSize:x}", name);
    }
}
