using System;
using System.Threading;
using KvmSharp.Vcpus.Raw;

namespace KvmSharp.Vcpus;

// What is asked of all vCPUs.
partial class VcpuTable
{
    // Spins until the quick answer of a running vCPU is given up; some microseconds.
    const int AnswerSpins = 200;

    long _flushes;
    long _barriers;

    internal AccessStragglers Stragglers { get; } = new();

    internal long RemoteFlushes => Volatile.Read(ref _flushes);

    internal long ProcessBarriers => Volatile.Read(ref _barriers);

    /// <summary>Asks something of all vCPUs.</summary>
    /// <param name="request">What.</param>
    /// <param name="except">A vCPU that is not asked.</param>
    /// <returns>Whether any vCPU was in guest mode.</returns>
    /// <remarks>
    /// With <see cref="VcpuRequestOptions.Wait"/> it returns when no vCPU uses anything it had found before the call. It
    /// waits for no vCPU's owner: a vCPU that does not answer is told apart by a process-wide barrier.
    /// </remarks>
    public bool MakeRequest(VcpuRequest request, Vcpu? except = null)
    {
        bool running = false;
        foreach (Vcpu vcpu in this)
        {
            if (!ReferenceEquals(vcpu, except))
                running |= vcpu.Ask(request);
        }
        if (running && (request.Options & VcpuRequestOptions.Wait) != 0)
        {
            using var wait = new AnswerWait(this, request);
            foreach (Vcpu vcpu in this)
            {
                if (!ReferenceEquals(vcpu, except))
                    wait.For(vcpu);
            }
        }
        return running;
    }

    /// <summary>Asks some vCPUs, without looking for them in the store, and waits for their answers.</summary>
    internal void MakeRequest(VcpuRequest request, ReadOnlySpan<Vcpu?> vcpus)
    {
        bool running = false;
        foreach (Vcpu? vcpu in vcpus)
            running |= vcpu is not null && vcpu.Ask(request);
        if (!running)
            return;
        using var wait = new AnswerWait(this, request);
        foreach (Vcpu? vcpu in vcpus)
        {
            if (vcpu is not null)
                wait.For(vcpu);
        }
    }

    /// <summary>
    /// Makes every vCPU drop its translations. On return none can use one that it had found before the call.
    /// </summary>
    internal void FlushRemoteTlbs()
    {
        Volatile.Write(ref _flushes, _flushes + 1);
        MakeRequest(VcpuRequest.TlbFlush);
    }

    /// <summary>The bits that a vCPU takes off by itself to say that it has seen the request.</summary>
    internal static long AnswerOf(VcpuRequest request) =>
        (request.Bit & Attention.Served) is var served && served != 0 ? served : Attention.ForceOut;

    /// <summary>Waits until vCPUs that were asked use nothing they had found before.</summary>
    /// <remarks>
    /// A vCPU that runs guest code meets the request at its next access and answers within a fraction of a microsecond.
    /// One that computes without touching memory, or whose thread does not run, does not; for these one barrier in every
    /// thread of the process makes the access mark trustworthy.
    /// </remarks>
    ref struct AnswerWait(VcpuTable table, VcpuRequest request)
    {
        readonly long _bits = AnswerOf(request);
        int _spins = Environment.ProcessorCount > 1 ? AnswerSpins : 0;
        bool _barrier;
        bool _straggling;

        internal void For(Vcpu vcpu)
        {
            if (vcpu.IsOwnedByCurrentThread)
                return;
            while (!_barrier && !vcpu.HasAnswered(_bits))
            {
                if (_spins-- > 0)
                {
                    Thread.SpinWait(1);
                    continue;
                }
                Interlocked.Increment(ref table._barriers);
                Interlocked.MemoryBarrierProcessWide();
                _barrier = true;
            }
            if (!_barrier || !vcpu.IsInFormerAccess(_bits))
                return;
            if (!_straggling)
                table.Stragglers.Begin();
            _straggling = true;
            vcpu.WaitForAccess(_bits);
        }

        public readonly void Dispose()
        {
            if (_straggling)
                table.Stragglers.End();
        }
    }
}
