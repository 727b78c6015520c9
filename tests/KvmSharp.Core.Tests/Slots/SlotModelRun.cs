using System;
using KvmSharp.Addresses;
using KvmSharp.Slots;
using Xunit.Sdk;

namespace KvmSharp.Tests.Slots;

/// <summary>Random updates of a store beside a <see cref="SlotModel"/>, all answers compared after each.</summary>
sealed class SlotModelRun
{
    /// <summary>Names the environment variable that replays a run.</summary>
    public const string SeedVariable = "KVMSHARP_SEED";

    /// <summary>Changes of an update at most.</summary>
    public const int MostChanges = 4;

    readonly SlotUniverse _universe;
    readonly Random _random;
    readonly SlotDriver _slots;
    SlotModel _model = new();

    // Taken now and then, and held to the model of that moment until the next.
    SlotSet _snapshot;
    SlotModel _snapshotModel = new();

    SlotModelRun(SlotStore store, SlotUniverse universe, int seed)
    {
        _universe = universe;
        _random = new Random(seed);
        _slots = new SlotDriver(store);
        _snapshot = store.Snapshot();
    }

    /// <summary>The seed asked for, else a new one each time.</summary>
    public static int PickSeed() =>
        Environment.GetEnvironmentVariable(SeedVariable) is { Length: > 0 } text
            ? int.Parse(text, System.Globalization.CultureInfo.InvariantCulture)
            : Random.Shared.Next();

    /// <summary>Runs one world to its end.</summary>
    /// <exception cref="XunitException">An answer is wrong or an invariant broken; it says how to replay.</exception>
    public static void Run(SlotStore store, SlotUniverse universe, int seed)
    {
        int operation = 0;
        try
        {
            var run = new SlotModelRun(store, universe, seed);
            for (; operation < universe.Operations; operation++)
                run.Step(operation);
            store.CheckInvariants();
        }
        catch (Exception exception)
        {
            throw new XunitException(
                $"'{universe.Name}', operation {operation}; replay with {SeedVariable}={seed}: {exception.Message}",
                exception);
        }
    }

    void Step(int operation)
    {
        while (!TryUpdate(PickChanges()))
        {
            // The slots of the update would share frames or an id; the machine refuses it before it asks the store.
        }

        if (operation % _universe.CheckEvery == 0)
            _slots.Store.CheckInvariants();
        CheckAnswers(_slots.Active, _model);
        if (operation % 16 == 0)
            CheckAnswers(_snapshot, _snapshotModel);
        if (_random.Next(_universe.MaxSlots * 4) == 0)
        {
            _snapshot = _slots.Store.Snapshot();
            _snapshotModel = _model;
        }
    }

    bool TryUpdate(Span<SlotChange> changes)
    {
        if (_model.After(changes) is not { } after)
            return false;
        if (SlotDriver.AnyRemovesMemory(changes))
        {
            _slots.Step(SlotStep.Hide, changes);
            CheckAnswers(_slots.Active, _model.WhileHidden(changes));
            if (_random.Next(8) == 0)
            {
                _slots.Step(SlotStep.Restore, changes);
                return true;
            }
        }
        _slots.Step(SlotStep.Apply, changes);
        _model = after;
        return true;
    }

    Span<SlotChange> PickChanges()
    {
        if (_model.Count >= 2 && _random.Next(10) == 0)
            return PickSwap();

        int wanted = _random.Next(4) == 0 ? _random.Next(2, MostChanges + 1) : 1;
        var changes = new SlotChange[wanted];
        int picked = 0;
        for (int i = 0; i < wanted; i++)
        {
            SlotChange change = PickChange();
            // A slot changes but once in an update.
            if (change.Old is null || !Contains(changes.AsSpan(0, picked), change.Old))
                changes[picked++] = change;
        }
        return changes.AsSpan(0, picked);
    }

    static bool Contains(ReadOnlySpan<SlotChange> changes, MemorySlot old)
    {
        foreach (ref readonly SlotChange change in changes)
        {
            if (change.Old == old)
                return true;
        }
        return false;
    }

    Span<SlotChange> PickSwap()
    {
        int first = _random.Next(_model.Count);
        int second = (first + 1 + _random.Next(_model.Count - 1)) % _model.Count;
        return new[]
        {
            Relocation(_model[first], _model[second].Base.Value),
            Relocation(_model[second], _model[first].Base.Value),
        };
    }

    SlotChange PickChange()
    {
        // Creations refused for overlap keep the world from filling up.
        bool create = _model.Count == 0 || (_model.Count < _universe.MaxSlots && _random.Next(3) == 0);
        if (create)
        {
            ulong pages = _universe.PickPages(_random);
            var frames = new GfnRange(new Gfn(_universe.PickBase(_random, _model, pages)), pages);
            return _slots.Creation(new SlotDefinition(
                AddressSpaceId.Normal, _universe.PickId(_random), frames,
                _universe.PickHva(_random, _model, frames), PickFlags(SlotFlags.None)));
        }

        MemorySlot slot = _model[_random.Next(_model.Count)];
        return _random.Next(6) switch
        {
            0 => SlotDriver.Deletion(slot),
            1 => _slots.Reflagging(slot, PickFlags(slot.Flags)),
            _ => Relocation(slot, _universe.PickBase(_random, _model, slot.PageCount)),
        };
    }

    // A slot that the universe's end would cut off stays where it is.
    SlotChange Relocation(MemorySlot slot, ulong gfn) =>
        _slots.Relocation(slot, gfn + slot.PageCount <= _universe.EndFrame ? gfn : slot.Base.Value);

    // No logging of huge slots: their bitmaps would be most of the run.
    SlotFlags PickFlags(SlotFlags now) =>
        _universe.PagesPerUnit == 1 && _random.Next(2) == 0 ? now ^ SlotFlags.LogDirty : now;

    void CheckAnswers(SlotSet set, SlotModel model)
    {
        if (set.Count != model.Count)
            throw new XunitException($"{set.Count} slots instead of {model.Count}");
        for (int i = 0; i < 3; i++)
            model.Check(set, _universe.PickFrame(_random, model));
        model.Check(set, _universe.PickId(_random));
        if (model.Count > 0)
        {
            MemorySlot slot = model[_random.Next(model.Count)];
            model.Check(set, slot.Id);
            model.CheckRow(set, slot, slot.End + (ulong)_random.Next(_universe.FrameUnits));
        }

        Gfn start = _universe.PickFrame(_random, model), end = _universe.PickFrame(_random, model);
        model.Check(set, start <= end ? GfnRange.Between(start, end) : GfnRange.Between(end, start));

        Hva low = _universe.PickByte(_random, model), high = _universe.PickByte(_random, model);
        model.Check(set, low <= high ? new HvaRange(low, high - low) : new HvaRange(high, low - high));
        model.Check(set, new HvaRange(low, 1));
    }
}
