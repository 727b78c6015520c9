using System.Collections.Generic;
using KvmSharp.HyperV;
using KvmSharp.Vcpus;

namespace KvmSharp.Tests.HyperV;

/// <summary>Local APICs that write down what they are sent.</summary>
sealed class RecordingInterrupts : IFixedInterrupts
{
    public List<(int Index, byte Vector)> Sent { get; } = [];

    public void Deliver(Vcpu target, byte vector) => Sent.Add((target.Index.Value, vector));
}
