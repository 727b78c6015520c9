using System;
using System.Collections.Generic;
using KvmSharp.Addresses;
using KvmSharp.DirtyLog;
using KvmSharp.HostMemory;
using KvmSharp.Slots;
using KvmSharp.Tests.Machines;
using KvmSharp.Tests.Slots;
using KvmSharp.Vcpus;
using Xunit;
using Xunit.Sdk;
using static KvmSharp.Tests.Machines.Machine;

namespace KvmSharp.Tests.DirtyLog;

/// <summary>Random writes, slot changes, consumers and KVM's calls on one machine, beside sets of pages.</summary>
public sealed class DirtyModelTests
{
    const int Operations = 4000;
    const int Slots = 3;
    const ulong PagesPerSlot = 131;

    [Theory, EveryStore]
    public void Everybody_is_told_what_the_sets_say(Store store)
    {
        int seed = SlotModelRun.PickSeed();
        using var run = new Run(store, seed);
        int operation = 0;
        try
        {
            for (; operation < Operations; operation++)
                run.Step();
        }
        catch (Exception exception)
        {
            throw new XunitException(
                $"{store}, operation {operation}; replay with {SlotModelRun.SeedVariable}={seed}: {exception}", exception);
        }
    }

    sealed class Run : IDisposable
    {
        readonly Random _random;
        readonly VirtualMachine _vm;
        readonly AnonymousMemory _memory = AnonymousMemory.Create(Slots * PagesPerSlot * PG);
        readonly Vcpu[] _vcpus;

        // Where each slot lies, or null; whether it logs; what KVM's calls have to say of it.
        readonly ulong?[] _base = new ulong?[Slots];
        readonly bool[] _logs = new bool[Slots];
        readonly SortedSet<ulong>[] _kvm = [[], [], []];

        // What each consumer has to be told: slot and page.
        readonly List<(DirtyConsumer Consumer, SortedSet<(int Slot, ulong Page)> Pages)> _consumers = [];
        bool _manual;
        bool _set;

        internal Run(Store store, int seed)
        {
            _random = new Random(seed);
            _vm = Create(store);
            _vcpus = [_vm.AddVcpu(0), _vm.AddVcpu(1)];
        }

        public void Dispose()
        {
            _vm.Dispose();
            _memory.Dispose();
        }

        internal void Step()
        {
            int slot = _random.Next(Slots);
            switch (_random.Next(100))
            {
                case < 50:
                    Write(slot);
                    break;
                case < 60:
                    HarvestOne();
                    break;
                case < 70:
                    Get(slot);
                    break;
                case < 80:
                    Clear(slot);
                    break;
                case < 84:
                    ChangeSlot(slot);
                    break;
                case < 88:
                    ToggleLogging(slot);
                    break;
                case < 92 when _base[slot] is not null:
                    _base[slot] = (ulong)(slot + (_random.Next(4) * Slots)) * 256;
                    _vm.Slots.Move(Id(slot), At(_base[slot]!.Value));
                    break;
                case < 95:
                    Open();
                    break;
                case < 97 when _consumers.Count > 0:
                    int closed = _random.Next(_consumers.Count);
                    _consumers[closed].Consumer.Dispose();
                    _consumers.RemoveAt(closed);
                    break;
                default:
                    _manual = _random.Next(2) == 0;
                    _set = _manual && _random.Next(2) == 0;
                    ulong modes = (_manual ? 1UL : 0) | (_set ? 2UL : 0);
                    Assert.Equal(KvmErrno.None, _vm.DirtyTracking.TrySetModes((DirtyLogModes)modes));
                    break;
            }
        }

        static SlotId Id(int slot) => new((ushort)slot);

        void Write(int slot)
        {
            if (_base[slot] is not { } start)
                return;
            ulong page = (ulong)_random.NextInt64((long)PagesPerSlot);
            Gpa gpa = At(start + page);
            switch (_random.Next(6))
            {
                case 0:
                    _vm.Memory.RecordsWrites = true;
                    _vm.Memory.Write(gpa, 1UL);
                    _vm.Memory.RecordsWrites = false;
                    break;
                case 1:
                    Assert.True(_vm.Memory.TryWrite(_vcpus[0], gpa, [1], out _));
                    break;
                case 2:
                    // Neither counts: it writes nothing, or not for the guest.
                    _vcpus[0].Memory.Read<ulong>(gpa);
                    _vm.Memory.Write(gpa, 2UL);
                    return;
                default:
                    _vcpus[_random.Next(2)].Memory.Write(gpa, 1UL);
                    break;
            }
            if (!_logs[slot])
                return;
            _kvm[slot].Add(page);
            foreach ((_, SortedSet<(int, ulong)> pages) in _consumers)
                pages.Add((slot, page));
        }

        void HarvestOne()
        {
            if (_consumers.Count == 0)
                return;
            (DirtyConsumer consumer, SortedSet<(int Slot, ulong Page)> expected) = _consumers[_random.Next(_consumers.Count)];
            var told = new SortedSet<(int, ulong)>();
            foreach (DirtyRange range in consumer.Harvest())
            {
                Assert.Equal(_base[range.Slot.Id.Value], range.Slot.Base.Value);
                for (ulong page = range.FirstPage; page < range.FirstPage + range.PageCount; page++)
                    Assert.True(told.Add((range.Slot.Id.Value, page)), $"told twice: {range}");
            }
            Assert.Equal(expected, told);
            expected.Clear();
        }

        void Get(int slot)
        {
            ulong[] bitmap = new ulong[DirtyTracking.WordsFor(PagesPerSlot)];
            KvmErrno errno = _vm.DirtyTracking.TryGetLog(Id(slot), bitmap);
            Assert.Equal(_logs[slot] ? KvmErrno.None : KvmErrno.ENOENT, errno);
            if (!_logs[slot])
                return;
            for (ulong page = 0; page < (ulong)bitmap.Length * 64; page++)
                Assert.Equal(_kvm[slot].Contains(page), (bitmap[page / 64] >> (int)(page % 64) & 1) != 0);
            if (!_manual)
                _kvm[slot].Clear();
        }

        void Clear(int slot)
        {
            ulong first = (ulong)_random.Next(3) * 64;
            uint count = (uint)(PagesPerSlot - first);
            ulong[] bitmap = new ulong[DirtyTracking.WordsFor(count)];
            foreach (ref ulong word in bitmap.AsSpan())
                word = (ulong)_random.NextInt64() & (ulong)_random.NextInt64();
            KvmErrno errno = _vm.DirtyTracking.TryClearLog(Id(slot), first, count, bitmap);
            Assert.Equal(_logs[slot] ? KvmErrno.None : KvmErrno.ENOENT, errno);
            _kvm[slot].RemoveWhere(page => page >= first && (bitmap[(page - first) / 64] >> (int)(page % 64) & 1) != 0);
        }

        void ChangeSlot(int slot)
        {
            if (_base[slot] is not null)
            {
                _vm.Slots.Delete(Id(slot));
                _base[slot] = null;
                Logs(slot, false);
                return;
            }
            bool logs = _random.Next(2) == 0;
            _base[slot] = (ulong)(slot + (_random.Next(4) * Slots)) * 256;
            _vm.Put(
                slot, _base[slot]!.Value, _memory, (ulong)slot * PagesPerSlot, PagesPerSlot,
                logs ? SlotFlags.LogDirty : SlotFlags.None);
            Logs(slot, logs);
        }

        void ToggleLogging(int slot)
        {
            if (_base[slot] is null)
                return;
            _vm.Slots.SetFlags(Id(slot), _logs[slot] ? SlotFlags.None : SlotFlags.LogDirty);
            Logs(slot, !_logs[slot]);
        }

        void Logs(int slot, bool logs)
        {
            _logs[slot] = logs;
            _kvm[slot].Clear();
            foreach ((_, SortedSet<(int Slot, ulong)> pages) in _consumers)
                pages.RemoveWhere(entry => entry.Slot == slot);
            for (ulong page = 0; logs && page < PagesPerSlot; page++)
            {
                if (_set)
                    _kvm[slot].Add(page);
                foreach ((_, SortedSet<(int, ulong)> pages) in _consumers)
                    pages.Add((slot, page));
            }
        }

        void Open()
        {
            if (_consumers.Count < 4)
                _consumers.Add((_vm.DirtyTracking.OpenConsumer(), []));
        }
    }
}
