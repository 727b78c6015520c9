using System.Runtime.CompilerServices;
using BenchmarkDotNet.Attributes;

namespace KvmSharp.Benchmarks.Alternatives;

/// <summary>Copying a tree node of the shipped shape: by its fields, or, rejected, by MemberwiseClone.</summary>
[MemoryDiagnoser]
public class NodeCloneBenchmarks
{
    readonly Node _node = new();

    [Benchmark(Baseline = true)]
    public object ByFields() => _node.CloneByFields();

    [Benchmark]
    public object ByMemberwiseClone() => _node.CloneByMember();

    sealed class Node
    {
        const int Width = 16;

        readonly Numbers _keys;
        readonly Numbers _ends;
        readonly References _slots;
        readonly int _count;

        internal Node()
        {
        }

        Node(Node original)
        {
            _keys = original._keys;
            _ends = original._ends;
            _slots = original._slots;
            _count = original._count;
        }

        internal Node CloneByFields() => new(this);

        internal object CloneByMember() => MemberwiseClone();

        [InlineArray(Width)]
        struct Numbers
        {
            long _first;
        }

        [InlineArray(Width)]
        struct References
        {
            object? _first;
        }
    }
}
