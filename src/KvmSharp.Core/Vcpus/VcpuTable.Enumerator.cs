using System;
using System.Threading;
using KvmSharp.Reclaim;

namespace KvmSharp.Vcpus;

partial class VcpuTable
{
    /// <summary>Enumerates the vCPUs that were online when it began.</summary>
    public ref struct Enumerator : IDisposable
    {
        readonly VcpuStore _store;
        readonly int _bound;
        ReadSection _section;

        // The entries at hand, and the index of the first behind them.
        ReadOnlySpan<Vcpu?> _segment;
        int _end;
        object? _place;

        int _at;
        Vcpu _current;

        internal Enumerator(VcpuTable table)
        {
            _store = table._store;
            // Pairs with Create: who sees the bound sees the vCPUs below it, and an array that holds them.
            _bound = Volatile.Read(ref table._bound);
            _at = -1;
            _current = null!;
            ReadOnlySpan<Vcpu?> flat = Volatile.Read(ref table._flat);
            if (!flat.IsEmpty)
            {
                _segment = flat[.._bound];
                _end = _bound;
            }
            else if (_store.LookupsNeedSection)
            {
                _section = table._machine.Sections.Enter();
            }
        }

        /// <summary>The vCPU that the last <see cref="MoveNext"/> found.</summary>
        public readonly Vcpu Current => _current;

        /// <summary>Steps to the next vCPU.</summary>
        public bool MoveNext()
        {
            while (true)
            {
                while (++_at < _segment.Length)
                {
                    if (_segment[_at] is { } vcpu)
                    {
                        _current = vcpu;
                        return true;
                    }
                }
                if (_end == _bound)
                {
                    _at = _segment.Length;
                    return false;
                }
                NextSegment();
            }
        }

        /// <summary>Ends the iteration.</summary>
        public void Dispose() => _section.Dispose();

        void NextSegment()
        {
            ReadOnlySpan<Vcpu?> segment = _store.Segment(_end, ref _place);
            _segment = segment[..int.Min(segment.Length, _bound - _end)];
            _end += _segment.Length;
            _at = -1;
        }
    }
}
