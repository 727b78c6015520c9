using System.Collections.Concurrent;
using KvmSharp.HyperV;
using KvmSharp.Vcpus;

namespace KvmSharp.X86.Tests.HyperV;

/// <summary>Local APICs that write down what they are sent.</summary>
sealed class RecordingInterrupts : IFixedInterrupts
{
    internal ConcurrentQueue<(int Index, int Vector)> Sent { get; } = [];

    public void Deliver(Vcpu target, byte vector) => Sent.Enqueue((target.Index.Value, vector));
}
