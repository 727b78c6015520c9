using System;
using System.Diagnostics;
using System.Runtime.Versioning;
using System.Threading;
using KvmSharp.Backends;
using KvmSharp.DirtyLog;
using KvmSharp.Hardware.Abi;
using KvmSharp.Hardware.Native;
using KvmSharp.Hardware.Raw;
using KvmSharp.Vcpus;

namespace KvmSharp.Hardware;

/// <summary>A vCPU that the processor runs.</summary>
/// <remarks>
/// A run that is under way ends by a signal which its thread blocks everywhere but inside <c>KVM_RUN</c>; no handler is
/// installed. A thread that has run a vCPU keeps that signal blocked.
/// <para>
/// The memory behind an exit's data stays mapped until the next run, whoever disposes of the vCPU meanwhile; it reads as
/// zeros then.
/// </para>
/// </remarks>
[SupportedOSPlatform("linux")]
public sealed partial class HardwareVcpu : IVcpu
{
    // Fixed after construction:
    readonly HardwareMachine _machine;
    readonly VcpuDescriptor _descriptor;
    readonly RunPage _page;

    // Taken around entering and leaving KVM_RUN, and to kick; never during it.
    readonly object _runLock = new();

    // Guarded by _runLock:
    nuint _thread;
    bool _running;
    bool _kicked;
    bool _signalled;
    bool _disposed;
    bool _immediateExit;

    // Held while the dirty ring is harvested.
    readonly Lock _harvestLock = new();

    // Guarded by _harvestLock; mapped when it is first harvested.
    MappedDirtyRing? _dirtyRing;
    bool _ringIsGone;

    // The owner's: whether the last exit's data keeps the page mapped.
    bool _exitHoldsPage;

    internal HardwareVcpu(HardwareMachine machine, VcpuId id, VcpuDescriptor descriptor)
    {
        _machine = machine;
        Id = id;
        _descriptor = descriptor;
        KvmErrno errno = descriptor.TrySetSignalMask(KickSignal.MaskWhileRunning);
        if (errno != KvmErrno.None)
            throw Call.Refused(Requests.KVM_SET_SIGNAL_MASK, errno, $"vCPU 0x{id.Value:x}");
        _page = new RunPage(descriptor, machine.RunPageLength);
    }

    /// <inheritdoc/>
    public VcpuId Id { get; }

    /// <inheritdoc/>
    IMachine IVcpu.Machine => _machine;

    /// <inheritdoc cref="IVcpu.Machine"/>
    public HardwareMachine Machine => _machine;

    /// <summary>The kernel's vCPU, for calls that have no counterpart in the contract.</summary>
    internal VcpuDescriptor Descriptor => _descriptor;

    internal RunPage Page => _page;

    /// <inheritdoc/>
    public bool ImmediateExit
    {
        get
        {
            lock (_runLock)
                return _immediateExit;
        }
        set
        {
            lock (_runLock)
            {
                ObjectDisposedException.ThrowIf(_disposed, this);
                _immediateExit = value;
                _page.SetImmediateExit(value || _kicked);
            }
        }
    }

    /// <inheritdoc/>
    public VcpuExit Run()
    {
        ReleaseExit();
        // Before the thread is known to others, who may signal it from then on.
        KickSignal.BlockHere();
        RunPage page = HoldPage();
        bool keepsPage = false;
        try
        {
            while (true)
            {
                KvmErrno errno = EnterAndLeave(out bool stop);
                if (stop)
                    return new VcpuExit(VcpuExitReason.Intr);
                switch (errno)
                {
                    case KvmErrno.None:
                        _exitHoldsPage = keepsPage = true;
                        return page.ReadExit();
                    case KvmErrno.EFAULT or KvmErrno.EHWPOISON:
                        return page.ReadMemoryFault();
                    // Somebody else's signal; or a vCPU that waited to be started and was woken.
                    case KvmErrno.EINTR or KvmErrno.EAGAIN:
                        continue;
                    default:
                        throw Call.Refused(Requests.KVM_RUN, errno, $"vCPU 0x{Id.Value:x}");
                }
            }
        }
        finally
        {
            if (!keepsPage)
                page.Release();
            GC.KeepAlive(page);
        }
    }

    /// <inheritdoc/>
    public int HarvestDirtyRing(Span<DirtyPage> pages)
    {
        uint bytes = _machine.RingBytes;
        lock (_harvestLock)
        {
            ObjectDisposedException.ThrowIf(_ringIsGone, this);
            if (bytes == 0)
                return 0;
            _dirtyRing ??= new MappedDirtyRing(_descriptor, bytes);
            return _dirtyRing.Harvest(pages);
        }
    }

    /// <inheritdoc/>
    public void Kick()
    {
        lock (_runLock)
        {
            if (_disposed)
                return;
            _kicked = true;
            // First this: a run that has not reached the kernel yet meets it there, and the signal too.
            _page.SetImmediateExit(true);
            SignalLocked();
        }
    }

    /// <summary>
    /// Lets go of the kernel's vCPU and makes a run that is under way return. The kernel keeps the id until the machine
    /// ends.
    /// </summary>
    public void Dispose()
    {
        lock (_runLock)
        {
            if (_disposed)
                return;
            _disposed = true;
            _page.SetImmediateExit(true);
            SignalLocked();
        }
        lock (_harvestLock)
        {
            _ringIsGone = true;
            _dirtyRing?.Dispose();
        }
        // Closed when a call that is under way has returned; unmapped when nobody holds it.
        _descriptor.Dispose();
        _page.Detach();
        _page.Release();
    }

    /// <summary>Waits until no run is under way. After <see cref="Dispose"/>, which lets none begin.</summary>
    internal void WaitUntilOutside()
    {
        lock (_runLock)
        {
            Debug.Assert(_disposed, "a run may begin again");
            while (_running)
                Monitor.Wait(_runLock);
        }
    }

    // Whether the run is over whatever the kernel says: the vCPU was kicked, or is no more.
    KvmErrno EnterAndLeave(out bool stop)
    {
        Enter();
        KvmErrno errno = KvmErrno.EIO;
        try
        {
            errno = _descriptor.TryRun();
        }
        finally
        {
            stop = Leave(errno);
        }
        return errno;
    }

    void Enter()
    {
        lock (_runLock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            Debug.Assert(!_running, "one thread at a time owns a vCPU");
            _running = true;
            _thread = KickSignal.CurrentThread;
        }
    }

    bool Leave(KvmErrno errno)
    {
        lock (_runLock)
        {
            _running = false;
            if (_signalled)
            {
                // It was sent to this thread while it ran, so it has arrived.
                KickSignal.Take();
                _signalled = false;
            }
            if (_disposed)
            {
                Monitor.PulseAll(_runLock);
                return true;
            }
            if (errno != KvmErrno.EINTR || (!_kicked && !_immediateExit))
                return false;
            _kicked = false;
            _page.SetImmediateExit(_immediateExit);
            return true;
        }
    }

    void SignalLocked()
    {
        Debug.Assert(Monitor.IsEntered(_runLock), "the thread must not leave meanwhile");
        if (!_running || _signalled)
            return;
        KickSignal.Send(_thread);
        _signalled = true;
    }

    RunPage HoldPage()
    {
        ObjectDisposedException.ThrowIf(!_page.TryHold(), this);
        return _page;
    }

    void ReleaseExit()
    {
        if (!_exitHoldsPage)
            return;
        _exitHoldsPage = false;
        _page.Release();
    }
}
