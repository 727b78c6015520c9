using System;
using System.Numerics;
using KvmSharp.Vcpus;

namespace KvmSharp.InterruptControllers;

/// <summary>From destinations to local APICs, as of one moment (KVM: <c>kvm_apic_map</c>). Never changed: a change makes another.</summary>
/// <remarks>
/// A destination is found in constant time however many vCPUs there are. That needs ids that are unique, and one logical
/// model for all; a guest that has neither is served by asking every APIC, see <see cref="ApicBus"/>.
/// </remarks>
sealed class ApicMap
{
    // Any id of eight bits can be asked for.
    const int FewestIds = 256;
    const int FlatMembers = 8;
    const int ClusterMembers = 4;
    const int Clusters = 16;
    const int X2ClusterMembers = 16;

    readonly LocalApic?[] _physical;
    readonly bool _hasAliases;
    readonly bool _isEmpty;
    LogicalModel _model;
    LocalApic?[] _logical = [];

    /// <param name="vcpus">Whose APICs these are.</param>
    /// <param name="version">What <see cref="Version"/> is to be.</param>
    internal ApicMap(VcpuTable vcpus, long version)
    {
        Version = version;
        uint highest = FewestIds - 1;
        foreach (Vcpu vcpu in vcpus)
        {
            if (vcpu.Apic is { IsEnabled: true } apic)
                highest = Math.Max(highest, apic.PhysicalId);
        }
        _physical = new LocalApic?[highest + 1];
        _isEmpty = vcpus.Count == 0;
        foreach (Vcpu vcpu in vcpus)
        {
            if (vcpu.Apic is not { IsEnabled: true } apic)
                continue;
            // Its owner may just give it another; then this map is out of date already.
            uint id = apic.PhysicalId;
            if (id > highest)
                continue;
            _hasAliases |= _physical[id] is not null;
            _physical[id] = apic;
            AddLogical(apic);
        }
    }

    enum LogicalModel
    {
        None,
        Flat,
        Cluster,
        X2,

        /// <summary>More than one model, or ids that are not one bit of its own each.</summary>
        Mixed,
    }

    /// <summary>The state of all APICs that this is about.</summary>
    internal long Version { get; }

    /// <summary>Finds the candidates for a message that names a destination and is no broadcast.</summary>
    /// <param name="message">The message.</param>
    /// <param name="candidates">Those it may mean.</param>
    /// <param name="members">Those it means, a bit for each.</param>
    /// <returns>Whether this map can tell.</returns>
    internal bool TryFind(in ApicMessage message, out ReadOnlySpan<LocalApic?> candidates, out uint members)
    {
        candidates = default;
        members = 0;
        if (_hasAliases || _isEmpty)
            return false;
        if (!message.IsLogical)
        {
            if (message.Destination < (uint)_physical.Length)
            {
                candidates = _physical.AsSpan((int)message.Destination, 1);
                members = 1;
            }
            return true;
        }
        if (!TryFindLogical(message.Destination, out candidates, out members))
            return false;
        if (message.GoesToOne && members != 0)
            members = Choose(message.Vector, members);
        return true;
    }

    /// <summary>One of several, by the vector: the same each time.</summary>
    internal static uint Choose(byte vector, uint members)
    {
        for (int turn = vector % BitOperations.PopCount(members); turn > 0; turn--)
            members &= members - 1;
        return members & (0 - members);
    }

    bool TryFindLogical(uint destination, out ReadOnlySpan<LocalApic?> candidates, out uint members)
    {
        candidates = default;
        members = 0;
        switch (_model)
        {
            case LogicalModel.None:
                return true;
            case LogicalModel.Flat:
                candidates = _logical;
                members = destination & 0xFF;
                return true;
            case LogicalModel.Cluster:
                candidates = _logical.AsSpan((int)((destination >> 4) & (Clusters - 1)) * ClusterMembers, ClusterMembers);
                members = destination & 0xF;
                return true;
            case LogicalModel.X2:
                ulong first = (ulong)(destination >> 16) * X2ClusterMembers;
                if (first < (ulong)_physical.Length)
                {
                    int count = Math.Min(X2ClusterMembers, _physical.Length - (int)first);
                    candidates = _physical.AsSpan((int)first, count);
                    members = destination & ((1u << count) - 1);
                }
                return true;
            default:
                return false;
        }
    }

    void AddLogical(LocalApic apic)
    {
        uint id = apic.LogicalId;
        if (_model == LogicalModel.Mixed || !apic.IsSoftwareEnabled || id == 0)
            return;
        LogicalModel model = apic.IsX2 ? LogicalModel.X2 : apic.IsFlat ? LogicalModel.Flat : LogicalModel.Cluster;
        if (_model == LogicalModel.None)
        {
            _model = model;
            _logical = new LocalApic?[model switch
            {
                LogicalModel.Flat => FlatMembers,
                LogicalModel.Cluster => Clusters * ClusterMembers,
                _ => 0,
            }];
        }
        if (_model != model)
        {
            _model = LogicalModel.Mixed;
            return;
        }
        if (model == LogicalModel.X2 || !TryFindLogical(id >> 24, out _, out uint members) || members == 0)
            return;
        int place = BitOperations.TrailingZeroCount(members)
            + (model == LogicalModel.Cluster ? (int)(id >> 28) * ClusterMembers : 0);
        if (!BitOperations.IsPow2(members) || _logical[place] is not null)
            _model = LogicalModel.Mixed;
        else
            _logical[place] = apic;
    }
}
