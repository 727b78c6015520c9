using System;
using System.Threading;
using KvmSharp.Vcpus;

namespace KvmSharp.Lab.Vcpus.Stores;

/// <summary>
/// An array to which every vCPU keeps a pointer of its own. When it is replaced, the vCPUs are told by a request, and each
/// takes the new pointer itself; all others who want to look wait until the vCPUs have moved.
/// </summary>
/// <remarks>
/// <para>A replacement, step by step:</para>
/// <list type="number">
/// <item>the gate is closed: who is not a vCPU in guest mode waits before its next look;</item>
/// <item>the new array is filled and put where vCPUs find it;</item>
/// <item>all vCPUs are asked to move, and waited for as for a flush: from then on, each has moved, or takes the request
/// before its next look;</item>
/// <item>the gate is opened on the new array;</item>
/// <item>the former array is cleared when those who entered before the gate was closed have left their read sections. A
/// vCPU that still used it would meet holes.</item>
/// </list>
/// A vCPU's look in guest mode takes no section, and no fence: see <see cref="Vcpu.TryPeek"/>.
/// </remarks>
sealed partial class CachedArrayStore : VcpuStore
{
    // Doubled when it is full. The writer's, and where vCPUs take their pointer from.
    Vcpu?[] _entries = [];

    // What others look into; null while the gate is closed.
    Vcpu?[]? _shared = [];
    Vcpu?[]? _retired;

    internal static VcpuStoreDesign Design { get; } = new("cached-array", static _ => new CachedArrayStore());

    internal override bool LookupsNeedSection => true;

    internal override Vcpu? Get(int index) => Volatile.Read(ref PassGate()[index]);

    internal override Vcpu? Get(Vcpu reader, int index)
    {
        Vcpu? peer;
        while (!reader.TryPeek(index, out peer))
        {
            if (reader.Mode == VcpuMode.OutsideGuestMode)
            {
                using (reader.Machine.EnterReadSection())
                    return Get(index);
            }
            reader.BeginMove();
            // Pairs with Add: the request was made after the array was put here.
            reader.CachedTable = Volatile.Read(ref _entries);
        }
        return peer;
    }

    internal override ReadOnlySpan<Vcpu?> Segment(int index, scoped ref object? place)
    {
        // An iteration stays with the array that it has begun with.
        Vcpu?[] entries = place as Vcpu?[] ?? PassGate();
        place = entries;
        return entries.AsSpan(index);
    }

    internal override void Add(Vcpu vcpu)
    {
        int index = vcpu.Index.Value;
        Vcpu?[] former = _entries;
        if (index < former.Length)
        {
            vcpu.CachedTable = former;
            // Pairs with TryPeek, Get and Segment: who finds the vCPU finds it complete.
            Volatile.Write(ref former[index], vcpu);
            return;
        }

        Volatile.Write(ref _shared, null);
        var entries = new Vcpu?[int.Max(1, index * 2)];
        former.CopyTo(entries, 0);
        entries[index] = vcpu;
        vcpu.CachedTable = entries;
        Volatile.Write(ref _entries, entries);
        CallBeforeMove();
        vcpu.Machine.Vcpus.MakeRequest(VcpuRequest.VcpusMoved, former);
        // Pairs with PassGate: who passes finds the array complete, and no vCPU behind it in another.
        Volatile.Write(ref _shared, entries);
        _retired = former.Length == 0 ? null : former;
    }

    internal override void Remove(Vcpu vcpu) => Volatile.Write(ref _entries[vcpu.Index.Value], null);

    internal override Vcpu?[]? TakeRetired()
    {
        Vcpu?[]? retired = _retired;
        _retired = null;
        return retired;
    }

    Vcpu?[] PassGate()
    {
        var spin = new SpinWait();
        Vcpu?[]? entries;
        while ((entries = Volatile.Read(ref _shared)) is null)
            spin.SpinOnce(sleep1Threshold: -1);
        return entries;
    }

    partial void CallBeforeMove();
}
