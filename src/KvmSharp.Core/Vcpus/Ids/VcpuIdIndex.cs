using System.Collections.Generic;
using System.Linq;
using System.Threading;

namespace KvmSharp.Vcpus.Ids;

/// <summary>From vCPU id to index, in constant time however the ids were chosen.</summary>
/// <remarks>
/// <para>
/// Mostly ids go up by one from the first vCPU on. That row takes two numbers. Other ids are in a <see cref="VcpuIdMap"/>;
/// when they outnumber the row, it is given up, and the map holds all, so that every lookup goes the same way.
/// </para>
/// <para>
/// One writer at a time; readers need no lock. Once a vCPU was removed, an answer may be out of date, or of a row whose
/// index now belongs to another vCPU: the reader compares the id of the vCPU it finds, and tries <see cref="FindApart"/>
/// after <see cref="FindInRow"/>.
/// </para>
/// </remarks>
sealed class VcpuIdIndex
{
    // Null while all ids are in the row; replaced when it is full. Read with Volatile.Read.
    VcpuIdMap? _apart;

    // Read with Volatile.Read, before First.
    int _row;

    /// <summary>
    /// The vCPUs with an index below this have the ids <see cref="First"/>, <see cref="First"/> + 1, … . It becomes 0 when
    /// their ids are in the map.
    /// </summary>
    internal int Row => Volatile.Read(ref _row);

    /// <summary>Where the row begins; set before the row is there.</summary>
    internal uint First { get; private set; }

    /// <summary>The places of the window, if the ids apart from the row are in one; otherwise empty.</summary>
    internal uint[] Places => _apart is VcpuIdWindow window ? window.Places : [];

    /// <summary>The index that an id has by the row; −1 when it is not in the row.</summary>
    internal int FindInRow(VcpuId id)
    {
        // Pairs with Add: who sees the row sees where it begins.
        uint row = (uint)Row;
        uint at = unchecked(id.Value - First);
        return at < row ? (int)at : -1;
    }

    /// <summary>The index of an id that is not in the row; −1 when there is none.</summary>
    internal int FindApart(VcpuId id) => Volatile.Read(ref _apart) switch
    {
        VcpuIdHash hash => hash.Find(id.Value),
        VcpuIdWindow window => window.Find(id.Value),
        _ => -1,
    };

    /// <summary>Adds an id that no vCPU has.</summary>
    internal void Add(VcpuId id, VcpuIndex index)
    {
        // A row that was given up does not begin again.
        bool hasRow = _row != 0 || _apart is null;
        if (_row == 0 && hasRow)
            First = id.Value;
        if (hasRow && IsInRow(id, index, _row + 1))
        {
            // A vCPU that comes back to its old place in the row is there already.
            if (index.Value == _row)
                Volatile.Write(ref _row, _row + 1);
            return;
        }
        if (_apart is null || !_apart.TryAdd(id.Value, index.Value))
            ReplaceMap(new VcpuIdEntry(id.Value, index.Value));
    }

    internal void Remove(VcpuId id, VcpuIndex index)
    {
        if (!IsInRow(id, index, _row))
            _apart!.Remove(id.Value);
    }

    void ReplaceMap(VcpuIdEntry added)
    {
        var entries = new List<VcpuIdEntry>();
        _apart?.CopyTo(entries);
        entries.Add(added);
        bool givesUpRow = entries.Count >= _row;
        // To the front: where a vCPU was removed, its id may lead elsewhere since, and the later entry counts.
        if (givesUpRow)
            entries.InsertRange(0, Enumerable.Range(0, _row).Select(index => new VcpuIdEntry(First + (uint)index, index)));
        // Pairs with FindApart: a map is published complete, and before the row goes.
        Volatile.Write(ref _apart, VcpuIdMap.Of(entries));
        if (givesUpRow)
            Volatile.Write(ref _row, 0);
    }

    bool IsInRow(VcpuId id, VcpuIndex index, int row) =>
        index.Value < row && unchecked(id.Value - First) == (uint)index.Value;
}
