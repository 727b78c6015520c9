using System;
using System.Collections.Generic;
using System.Linq;
using KvmSharp.Cli.Conform.Language;
using KvmSharp.Cli.Conform.Machines;
using KvmSharp.DirtyLog;

namespace KvmSharp.Cli.Conform.Operations;

/// <summary><c>log ID space= at=</c>: <c>KVM_GET_DIRTY_LOG</c>; the words that were written. <c>at=</c> is a bad address.</summary>
sealed class GetLog : Operation
{
    // What no sequence that is worth writing makes of a word.
    const ulong Untouched = 0x5a5a_1234_a5a5_4321;

    readonly SlotWordArgument _word;
    readonly ulong? _at;

    internal GetLog(ArgumentReader reader)
    {
        _word = new SlotWordArgument(reader);
        _at = BadAddress.Read(reader);
    }

    internal override string Run(ConformMachine machine)
    {
        uint word = _word.On(machine);
        if (_at is not null)
            return Outcome.Of(machine.GetLogAt(word, _at.Value));
        if (!machine.CanLog(word))
            throw new ConformRunException("the slot is too large for its log to be looked at");
        ulong[] bitmap = machine.BitmapFor(word, Untouched);
        KvmErrno errno = machine.GetLog(word, bitmap);
        if (errno != KvmErrno.None)
            return Outcome.Of(errno);
        int written = Array.FindLastIndex(bitmap, value => value != Untouched) + 1;
        return string.Join(' ', bitmap.Take(written).Select(Outcome.Of).Prepend(Outcome.Done));
    }
}

/// <summary><c>clear ID first= pages= bits= space= at=</c>: <c>KVM_CLEAR_DIRTY_LOG</c>.</summary>
sealed class ClearLog : Operation
{
    const int PagesPerWord = 64;
    const ulong MostPages = 1 << 24;

    readonly SlotWordArgument _word;
    readonly Expression _first;
    readonly Expression _pages;
    readonly ulong[] _bits;
    readonly ulong? _at;

    internal ClearLog(ArgumentReader reader)
    {
        _word = new SlotWordArgument(reader);
        _first = reader.Number("first", 0);
        _pages = reader.Number("pages", 0);
        _at = BadAddress.Read(reader);
        _bits = _at is null ? reader.Words("bits") : [];
    }

    internal override string Run(ConformMachine machine)
    {
        uint word = _word.On(machine);
        ulong pages = _pages.On(0);
        if (pages > MostPages)
            throw new ConformRunException($"0x{pages:x} pages are too many to clear");
        if (_at is not null)
            return Outcome.Of(machine.ClearLogAt(word, _first.On(0), (uint)pages, _at.Value));
        // The last word counts for all that follow.
        ulong[] bitmap = new ulong[Math.Max(1, (int)((pages + PagesPerWord - 1) / PagesPerWord))];
        for (int index = 0; index < bitmap.Length; index++)
            bitmap[index] = _bits[Math.Min(index, _bits.Length - 1)];
        return Outcome.Of(machine.ClearLog(word, _first.On(0), (uint)pages, bitmap));
    }
}

/// <summary>An address at which nothing is mapped.</summary>
static class BadAddress
{
    const ulong FirstPage = 4096;

    // The first page of a process is never mapped, so nothing can come to harm.
    internal static ulong? Read(ArgumentReader reader)
    {
        if (!reader.TryTake("at", out Argument argument))
            return null;
        Expression address = Expression.Parse(argument.Text, argument.Column);
        return !address.FromArena && address.Constant < FirstPage
            ? address.Constant
            : throw new ConformSyntaxException(argument.Column, "only an address in the first page is sure to be bad");
    }
}

/// <summary><c>harvest VCPU COUNT</c>: takes pages out of a dirty ring; each as slot word and page.</summary>
sealed class HarvestRing(ArgumentReader reader) : Operation
{
    const int SpaceShift = 16;

    readonly Expression _vcpu = reader.Number("a vCPU");
    readonly Expression _count = reader.Number("count", 1 << 16);
    readonly bool _counts = reader.TryTake("show", out Argument show) && show.Text == "count";

    internal override string Run(ConformMachine machine)
    {
        var found = new List<string>();
        while ((ulong)found.Count < _count.On(0) && machine.TryHarvest((uint)_vcpu.On(0), out DirtyPage page))
            found.Add($"{Outcome.Of(((ulong)page.Space.Value << SpaceShift) | page.Slot.Value)}:{Outcome.Of(page.Page)}");
        return _counts ? Outcome.Of((ulong)found.Count) : string.Join(' ', found.Prepend(Outcome.Of((ulong)found.Count)));
    }
}

/// <summary><c>reset</c>: <c>KVM_RESET_DIRTY_RINGS</c>; how many entries were freed.</summary>
sealed class ResetRings : Operation
{
    internal override string Run(ConformMachine machine)
    {
        KvmErrno errno = machine.ResetRings(out int count);
        return Outcome.Of(errno, (ulong)count);
    }
}
